namespace UpgradeProtocols;

/// <summary>Disposes of a handler that is disposable.</summary>
internal static class HandlerDisposal
{
    public static async ValueTask DisposeAsync(object handler, UpgradeConnection connection)
    {
        try
        {
            switch (handler)
            {
                case IAsyncDisposable disposable:
                    await disposable.DisposeAsync();
                    break;
                case IDisposable disposable:
                    disposable.Dispose();
                    break;
            }
        }
        catch (Exception e)
        {
            ConnectionLog.EndFailed(connection.Logger, e, connection.Id, connection.Entry.DisplayName);
        }
    }
}
