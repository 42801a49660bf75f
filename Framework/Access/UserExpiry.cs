namespace UpgradeProtocols;

/// <summary>Ends a connection when its user's login expires. Only connections whose login expires have an instance.</summary>
internal sealed class UserExpiry(UpgradeConnection connection, int closeCode) : ClockClient
{
    private long _closingSince = -1;

    public override void Tick(long now)
    {
        if (Volatile.Read(ref _closingSince) is var since and >= 0)
        {
            // A raw protocol ends only when its method ends. The method has been cancelled, and has the close timeout to end.
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

    /// <summary>The login has expired. A second call does nothing.</summary>
    public void End()
    {
        if (Interlocked.CompareExchange(ref _closingSince, connection.Clock.Now, -1) == -1)
        {
            ConnectionLog.UserExpired(connection.Logger, connection.Id, connection.Entry.DisplayName);
            connection.Conversation.TryBeginClose(closeCode, "The login has expired.");
        }
    }
}
