namespace UpgradeProtocols;

/// <summary>Ends a connection when its user's login has expired. Nobody else is looked at: only such connections have one.</summary>
internal sealed class UserExpiry(UpgradeConnection connection, int closeCode) : ClockClient
{
    private long _closingSince = -1;

    public override void Tick(long now)
    {
        if (_closingSince >= 0)
        {
            // A raw protocol ends when its method does, and this one was told.
            if (now - _closingSince >= connection.Options.CloseTimeout.TotalMilliseconds)
            {
                connection.Clock.Remove(this);
                connection.Abort();
            }
        }
        else if (connection.UserExpires is { } expires && connection.Time.GetUtcNow() >= expires)
        {
            _closingSince = now;
            ConnectionLog.UserExpired(connection.Logger, connection.Id, connection.Entry.DisplayName);
            connection.TryBeginClose(closeCode, "The login has expired.");
        }
    }
}
