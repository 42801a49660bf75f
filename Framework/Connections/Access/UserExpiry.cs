namespace UpgradeProtocols;

/// <summary>Ends a connection when its user's login has expired. Nobody else is looked at: only such connections have one.</summary>
internal sealed class UserExpiry(UpgradeConnection connection, int closeCode) : ClockClient
{
    private long _closingSince = -1;

    public override void Tick(long now)
    {
        if (Volatile.Read(ref _closingSince) is var since and >= 0)
        {
            // A raw protocol ends when its method does, and this one was told.
            if (now - since >= connection.Options.CloseTimeout.TotalMilliseconds)
            {
                connection.Clock.Remove(this);
                connection.Abort();
            }
        }
        else if (connection.UserExpires is { } expires && connection.Time.GetUtcNow() >= expires)
        {
            End();
        }
    }

    /// <summary>The login has ended; to say so twice does nothing.</summary>
    public void End()
    {
        if (Interlocked.CompareExchange(ref _closingSince, connection.Clock.Now, -1) == -1)
        {
            ConnectionLog.UserExpired(connection.Logger, connection.Id, connection.Entry.DisplayName);
            connection.TryBeginClose(closeCode, "The login has expired.");
        }
    }
}
