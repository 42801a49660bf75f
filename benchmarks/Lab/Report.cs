using System.Globalization;
using System.Text;
using System.Text.Json;

namespace UpgradeProtocols.Lab;

/// <summary>Writes the results as a table, as JSON and as a chart.</summary>
internal static class Report
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static void Write(IReadOnlyList<Result> results, LabOptions options, (string Table, string Results, string Chart) files)
    {
        Directory.CreateDirectory(options.Output);
        var table = Table(results, options);
        File.WriteAllText(Path.Combine(options.Output, files.Table), table);
        File.WriteAllText(Path.Combine(options.Output, files.Results), Json(results));
        File.WriteAllText(Path.Combine(options.Output, files.Chart), Chart.Draw(results));
        Console.WriteLine();
        Console.WriteLine(table);
        Console.WriteLine($"Written to {options.Output}: {files.Table}, {files.Results}, {files.Chart}");
    }

    private static string Table(IReadOnlyList<Result> results, LabOptions options)
    {
        var contenders = options.Contenders.Where(c => results.Any(r => r.Contender == c)).ToList();
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"CPU time of the server per message, in µs (memory in KB): the median of {options.Repetitions} windows of {options.Seconds} s, ± half of their spread; ");
        text.Append("in brackets our cost divided by it.\n\n");
        text.Append(CultureInfo.InvariantCulture, $"| work | {string.Join(" | ", contenders.Select(c => c.Name))} |\n|---|{string.Concat(contenders.Select(_ => "---:|"))}\n");
        foreach (var work in results.GroupBy(r => r.Work))
        {
            var ours = work.FirstOrDefault(r => r.Contender.Name == Contender.Ours);
            text.Append(CultureInfo.InvariantCulture, $"| {work.Key.Title} | {string.Join(" | ", contenders.Select(c => Cell(work.FirstOrDefault(r => r.Contender == c), ours)))} |\n");
        }

        var limits = Limits(results);
        if (limits.Length > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n| limit | measured | the kernel's part of it | on epoll | |\n|---|---:|---:|---:|---|\n{limits}");
        }

        text.Append('\n');
        foreach (var contender in contenders)
        {
            text.Append(CultureInfo.InvariantCulture, $"- **{contender.Name}**: {contender.Title}\n");
        }

        if (results.Any(r => r.IsDisturbed))
        {
            text.Append("\n\\* Other processes used over a tenth of a core in a window, even after repetition.\n");
        }

        return text.ToString();
    }

    private static string Limits(IReadOnlyList<Result> results)
    {
        var text = new StringBuilder();
        foreach (var work in results.GroupBy(r => r.Work))
        {
            foreach (var (name, ratio) in work.Key.Limits)
            {
                if (Of(Contender.Ours) is { } ours && Of(name) is { } other)
                {
                    var measured = ours.Cost / other.Cost;
                    var kernel = ours.SystemCost > 0 ? Ratio(ours.SystemCost / other.Cost) : "";
                    var onEpoll = Of(Contender.OursOnEpoll) is { } epoll ? Ratio(epoll.Cost / other.Cost) : "";
                    text.Append(CultureInfo.InvariantCulture, $"| {work.Key.Title}: at most {ratio} × {name} | {measured:0.00} | {kernel} | {onEpoll} | {(measured <= ratio ? "holds" : "**doesn't hold**")} |\n");
                }

                Result? Of(string contender) => work.FirstOrDefault(r => r.Contender.Name == contender);
            }
        }

        return text.ToString();
    }

    private static string Cell(Result? result, Result? ours)
    {
        if (result is null)
        {
            return "";
        }

        var cost = string.Create(CultureInfo.InvariantCulture, $"{Round(result.Cost)} ± {Round(result.Cost * result.Spread / 2)}{(result.IsDisturbed ? "\\*" : "")}");
        return ours is null || ours == result ? cost : string.Create(CultureInfo.InvariantCulture, $"{cost} ({ours.Cost / result.Cost:0.00})");
    }

    private static string Ratio(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);

    private static string Round(double value) => value.ToString(value >= 100 ? "0" : value >= 10 ? "0.0" : "0.00", CultureInfo.InvariantCulture);

    private static string Json(IReadOnlyList<Result> results) => JsonSerializer.Serialize(
        results.Select(r => new { work = r.Work.Name, server = r.Contender.Name, cost = r.Cost, unit = r.Work.Unit, rate = r.Rate, p99 = r.P99, windows = r.Windows }), Indented);
}
