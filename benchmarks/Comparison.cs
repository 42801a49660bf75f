// Prints the table of benchmarks/compare, from a folder where old-1, old-2, … and new-1, new-2, … hold BenchmarkDotNet's exports.
#:property PublishAot=false
using System.Globalization;
using System.Text.Json;

var old = Measured.Read(args[0], "old");
var current = Measured.Read(args[0], "new");
string[] names = [.. old.Keys.Union(current.Keys).OrderBy(static name => name.Split('.')[0], StringComparer.Ordinal)];
if (names.Length == 0)
{
    Console.Error.WriteLine("No benchmark was measured. Check that the filter matches a benchmark.");
    return 1;
}

Console.WriteLine("| benchmark | old mean | new mean | ratio | old allocated | new allocated |");
Console.WriteLine("|---|---:|---:|---:|---:|---:|");
foreach (var name in names)
{
    var (before, after) = (old.GetValueOrDefault(name), current.GetValueOrDefault(name));
    Console.WriteLine($"| {name} | {before?.Time} | {after?.Time} | {after?.RatioTo(before)} | {before?.Allocated} | {after?.Allocated} |");
}

return 0;

/// <summary>A benchmark on one side, over all rounds: nanoseconds and allocated bytes per operation.</summary>
internal sealed record Measured(double[] Nanoseconds, double[] Bytes)
{
    /// <summary>The median of the rounds, ± half of their spread.</summary>
    public string Time
    {
        get
        {
            var (unit, size) = Median(Nanoseconds) switch { < 1e3 => ("ns", 1), < 1e6 => ("µs", 1e3), _ => ("ms", 1e6) };
            var spread = (Nanoseconds.Max() - Nanoseconds.Min()) / 2;
            return string.Create(CultureInfo.InvariantCulture, $"{Median(Nanoseconds) / size:0.00} ± {spread / size:0.00} {unit}");
        }
    }

    public string Allocated => string.Create(CultureInfo.InvariantCulture, $"{Median(Bytes):0} B");

    public string? RatioTo(Measured? before) =>
        before is null ? null : (Median(Nanoseconds) / Median(before.Nanoseconds)).ToString("0.00", CultureInfo.InvariantCulture);

    public static Dictionary<string, Measured> Read(string results, string side) =>
        Directory.GetDirectories(results, side + "-*")
            .SelectMany(static round => Directory.GetFiles(round, "*-report-brief.json", SearchOption.AllDirectories))
            .SelectMany(static report => JsonElement.Parse(File.ReadAllBytes(report)).GetProperty("Benchmarks").EnumerateArray())
            .Where(static benchmark => benchmark.GetProperty("Statistics").ValueKind == JsonValueKind.Object)
            .GroupBy(static benchmark => benchmark.GetProperty("FullName").GetString()!.Replace("UpgradeProtocols.Benchmarks.", "", StringComparison.Ordinal))
            .ToDictionary(static rounds => rounds.Key, static rounds => new Measured(
                [.. rounds.Select(static round => round.GetProperty("Statistics").GetProperty("Mean").GetDouble())],
                [.. rounds.Select(static round => round.GetProperty("Memory").GetProperty("BytesAllocatedPerOperation").GetDouble())]));

    private static double Median(double[] values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
