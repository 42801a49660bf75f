using System.Globalization;

namespace UpgradeProtocols.Soak;

/// <summary>
/// The good clients' p99 with and without 1,000 connections that send one byte per second, 1,000 silent ones and 100 that never
/// read. The measurements alternate, so that other load on the machine affects both.
/// </summary>
internal static class CrowdComparison
{
    private const int Rounds = 3;
    private const int Clients = 50;
    private const double Most = 2;

    public static async Task<int> RunAsync(SoakServer server, TimeSpan time)
    {
        var tally = new Tally();
        List<double> alone = [], beside = [];
        var each = time / (2 * Rounds);
        await MeasureAsync(server, tally, TimeSpan.FromSeconds(2));
        for (var round = 0; round < Rounds; round++)
        {
            alone.AddRange(await MeasureAsync(server, tally, each));
            await using (await Crowd.StartAsync(server.Address))
            {
                beside.AddRange(await MeasureAsync(server, tally, each));
                Console.WriteLine($"round {round + 1}: {server.OpenConnections} connections were open at the end of the round");
            }

            while (server.OpenConnections > 0)
            {
                await Task.Delay(50);
            }
        }

        Console.WriteLine($"alone:  {Describe(alone)}");
        Console.WriteLine($"crowd:  {Describe(beside)}");
        foreach (var failure in tally.Failures.Concat(server.Alarms))
        {
            Console.WriteLine($"FAILED: {failure}");
        }

        var ratio = Percentile(beside, 99) / Percentile(alone, 99);
        var passed = ratio <= Most && tally.Failures.Count == 0 && server.Alarms.Count == 0;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(passed ? "passed" : "failed")}: the p99 is {ratio:F2} times the p99 alone"));
        return passed ? 0 : 1;
    }

    private static async Task<List<double>> MeasureAsync(SoakServer server, Tally tally, TimeSpan time)
    {
        using var end = new CancellationTokenSource(time);
        var clients = new GoodClients(server.Address, tally);
        var measured = Enumerable.Range(0, Clients).Select(_ => new List<double>()).ToArray();
        await Task.WhenAll(measured.Select((list, i) => tally.WatchAsync($"Client {i}", clients.MeasureAsync(i, list, end.Token))));
        return [.. measured.SelectMany(list => list)];
    }

    private static string Describe(List<double> milliseconds) => string.Create(
        CultureInfo.InvariantCulture,
        $"{milliseconds.Count} messages, p50 {Percentile(milliseconds, 50):F2} ms, p99 {Percentile(milliseconds, 99):F2} ms, p99.9 {Percentile(milliseconds, 99.9):F2} ms");

    private static double Percentile(List<double> values, double percent)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0 ? double.NaN : sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * percent / 100))];
    }
}
