using System.Diagnostics;
using System.Globalization;

namespace UpgradeProtocols.Soak;

/// <summary>A run with clients of every kind for a given time, followed by a check for leaks.</summary>
internal static class SoakRun
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan s_baselineTime = TimeSpan.FromSeconds(10);

    // The amount that a pool or the runtime may hold at one measurement and not at the next.
    private const long MemorySlack = 16 << 20;
    private const int HandleSlack = 16;

    public static async Task<int> RunAsync(SoakServer server, TimeSpan time, int connections)
    {
        var faults = new List<string>();
        TaskScheduler.UnobservedTaskException += (_, e) =>
        {
            lock (faults)
            {
                faults.Add($"A task failed with an unobserved exception: {e.Exception.GetBaseException().Message} {e.Exception.InnerException?.StackTrace}");
            }
        };

        // The first round fills pools and caches, and is the baseline for the second.
        var warmUp = new Tally();
        await CrowdAsync(server, warmUp, Clamp(time / 5), connections, faults);
        var before = await SettledAsync(_ => false, s_baselineTime);
        Console.WriteLine($"baseline: {before}");

        var tally = new Tally();
        var watch = Stopwatch.StartNew();
        await CrowdAsync(server, tally, time, connections, faults);
        var after = await SettledAsync(IsBack, s_patience);
        Console.WriteLine($"after:    {after}");

        var lives = server.Lives;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{watch.Elapsed.TotalSeconds:F0} s, {connections} clients; {lives.Connected} connections, ended with {lives.Codes}; good clients: {tally.SentCount} sent, {tally.ReceivedCount} received"));

        faults.AddRange(warmUp.Failures);
        faults.AddRange(tally.Failures);
        faults.AddRange(server.Alarms);
        faults.AddRange(server.Tunnels.Failures);
        var foreign = server.Tunnels.ForeignChunks + warmUp.ForeignChunks + tally.ForeignChunks;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"tunnels: {server.Tunnels.Count}, {foreign} foreign chunks, {server.Tunnels.Waiting} reads or flushes that never completed"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"framed and WebSocket conversations: {tally.ConversationCount}"));
        Check(server.Tunnels.Waiting == 0, $"{server.Tunnels.Waiting} reads or flushes of tunnels never completed.");
        Check(tally.ConversationCount > 0 && server.Tunnels.Count > 0, "The run had no tunnels, or no framed and WebSocket conversations.");
        Check(warmUp.FailedCount + tally.FailedCount == 0, $"The good clients had {warmUp.FailedCount + tally.FailedCount} failures.");
        Check(tally.ReceivedCount > 0, "The good clients received nothing.");
        Check(server.OpenConnections == 0, $"The server has {server.OpenConnections} open connections after all clients have left.");
        Check(lives.Connected == lives.Disconnected, $"OnConnected ran {lives.Connected} times, OnDisconnected {lives.Disconnected} times.");
        Check(lives.Faults == 0, $"{lives.Faults} calls of OnDisconnected had no OnConnected call, or were repeated.");
        Check(lives.Alive == 0, $"{lives.Alive} connections are still referenced.");
        Check(IsBack(after), $"The heap has grown from {before.Heap >> 10} to {after.Heap >> 10} KiB.");
        Check(after.Handles <= before.Handles + HandleSlack, $"The number of handles has grown from {before.Handles} to {after.Handles}.");
        foreach (var fault in faults.Take(20))
        {
            Console.WriteLine($"FAILED: {fault}");
        }

        Console.WriteLine(faults.Count == 0 ? "passed" : $"{faults.Count} failed");
        return faults.Count == 0 ? 0 : 1;

        bool IsBack(Holdings now) => now.Heap <= before.Heap + MemorySlack;

        void Check(bool holds, string otherwise)
        {
            if (!holds)
            {
                faults.Add(otherwise);
            }
        }
    }

    private static TimeSpan Clamp(TimeSpan time) => TimeSpan.FromSeconds(Math.Clamp(time.TotalSeconds, 5, 60));

    private static async Task CrowdAsync(SoakServer server, Tally tally, TimeSpan time, int connections, List<string> faults)
    {
        using var end = new CancellationTokenSource();
        using var endOfTicks = new CancellationTokenSource();
        var ticks = TickAsync(server.Ticks, endOfTicks.Token);
        var good = new List<Task>();
        var bad = new List<Task>();
        var clients = new GoodClients(server.Address, tally);
        for (var i = 0; i < connections; i++)
        {
            // Half of the clients are good; the other half alternates between the bad kinds. They connect over a second or two.
            switch (i % 10)
            {
                case 0 or 2 or 4:
                    good.Add(tally.WatchAsync($"Echo client {i}", clients.EchoAsync(i / 2, end.Token)));
                    break;
                case 6:
                    good.Add(tally.WatchAsync($"Follower {i}", clients.FollowAsync(i / 10, end.Token)));
                    break;
                case 8:
                    good.Add(tally.WatchAsync($"Reconnecting client {i}", clients.ReconnectAsync(i / 10, end.Token)));
                    break;
                default:
                    var kind = BadClients.All[i / 2 % BadClients.All.Length];
                    bad.Add(BadClients.RepeatAsync(kind.Run, server.Address, i, end.Token));
                    break;
            }

            if (i % 50 == 49)
            {
                await Task.Delay(50);
            }
        }

        var tunnels = new TunnelClients(server.Address, tally);
        for (var i = 0; i < TunnelClients.Count; i++)
        {
            good.Add(tally.WatchAsync($"Tunnel client {i}", tunnels.RepeatAsync(i, end.Token)));
        }

        await Task.Delay(time);
        await end.CancelAsync();
        await EndAsync(Task.WhenAll(bad), "The bad clients");
        await EndAsync(Task.WhenAll(good), "The good clients");
        await endOfTicks.CancelAsync();
        await EndAsync(ticks, "The ticks");
        var patience = Stopwatch.StartNew();
        while (server.OpenConnections > 0 && patience.Elapsed < s_patience)
        {
            await Task.Delay(50);
        }

        async Task EndAsync(Task task, string what)
        {
            try
            {
                await task.WaitAsync(s_patience);
            }
            catch (TimeoutException)
            {
                faults.Add($"{what} don't end: messages are lost, or the server doesn't close connections.");
            }
        }
    }

    private static async Task TickAsync(IClients<ITicks> ticks, CancellationToken end)
    {
        var fill = new string('.', 100);
        for (var i = 0L; !end.IsCancellationRequested; i++)
        {
            await ticks.Group(TickHandler.Group).TickAsync(new Tick(i, fill));
            await Task.Delay(100, CancellationToken.None);
        }
    }

    /// <summary>
    /// Measures the resources of the process after everything that can be released has been released. The transport's pools release
    /// their memory in steps, over a minute or two, so the method measures until then, or until the result is good enough.
    /// </summary>
    private static async Task<Holdings> SettledAsync(Predicate<Holdings> isEnough, TimeSpan time)
    {
        var watch = Stopwatch.StartNew();
        var least = Look();
        while (!isEnough(least) && watch.Elapsed < time)
        {
            await Task.Delay(1000);
            least = Holdings.Least(least, Look());
        }

        return least;
    }

    private static Holdings Look()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        using var process = Process.GetCurrentProcess();
        var handles = Directory.Exists("/proc/self/fd") ? Directory.GetFiles("/proc/self/fd").Length : process.HandleCount;
        return new Holdings(GC.GetTotalMemory(forceFullCollection: true), process.WorkingSet64, handles, process.Threads.Count);
    }

    private sealed record Holdings(long Heap, long WorkingSet, int Handles, int Threads)
    {
        public static Holdings Least(Holdings a, Holdings b) => new(
            Math.Min(a.Heap, b.Heap), Math.Min(a.WorkingSet, b.WorkingSet), Math.Min(a.Handles, b.Handles), Math.Min(a.Threads, b.Threads));

        public override string ToString() =>
            $"heap {Heap >> 10} KiB, working set {WorkingSet >> 20} MiB, {Handles} handles, {Threads} threads";
    }
}
