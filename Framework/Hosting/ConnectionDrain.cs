namespace UpgradeProtocols;

/// <summary>
/// Closes the connections of a server that stops (W10): in batches, spread over the first half of the available time, so that clients don't
/// all reconnect at the same moment.
/// </summary>
internal static class ConnectionDrain
{
    private const int BatchSize = 100;
    private const int MaxNamed = 10;
    private static readonly TimeSpan s_longestPause = TimeSpan.FromMilliseconds(100);

    /// <summary>Asks every connection to close, and waits until all have ended or the time is over.</summary>
    public static async Task RunAsync(ConnectionHub hub, CancellationToken deadline)
    {
        hub.IsStopping = true;
        var batches = hub.Snapshot().Chunk(BatchSize).ToArray();
        var pause = hub.Options.DrainTimeout / 2 / Math.Max(1, batches.Length);
        try
        {
            for (var i = 0; i < batches.Length; i++)
            {
                if (i > 0)
                {
                    await Task.Delay(pause < s_longestPause ? pause : s_longestPause, hub.Clock.Time, deadline);
                }

                foreach (var connection in batches[i])
                {
                    connection.Conversation.BeginClose(WebSocketCloseCode.GoingAway, "The server is stopping.");
                }
            }

            await hub.WhenEmptyAsync().WaitAsync(deadline);
        }
        catch (OperationCanceledException)
        {
            // The time is over.
            var left = hub.Snapshot();
            HostingLog.DrainOver(hub.Logger, left.Length, hub.Options.DrainTimeout.TotalSeconds, Describe(left));
            foreach (var connection in left)
            {
                connection.Abort();
            }
        }
    }

    // The description is made before the connections are aborted: a handler that observes the end of its connection may have ended by then.
    private static string Describe(UpgradeConnection[] left)
    {
        var running = (
            from connection in left
            let method = connection.Session?.Running
            where method is not null
            select $"{method} of {connection.Entry.HandlerType.Name} on connection {connection.Id}").ToArray();
        return running.Length switch
        {
            0 => "No handler is running: the peers didn't answer the Close.",
            > MaxNamed => $"Still running: {string.Join(", ", running.Take(MaxNamed))} and {running.Length - MaxNamed} more.",
            _ => $"Still running: {string.Join(", ", running)}.",
        };
    }
}
