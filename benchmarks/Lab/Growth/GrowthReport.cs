using System.Globalization;
using System.Text;
using System.Text.Json;

namespace UpgradeProtocols.Lab;

/// <summary>Writes the growth report: a picture and a table for each plot, and a verdict for each curve.</summary>
internal static class GrowthReport
{
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    public static void Write(IReadOnlyList<MeasuredPlot> plots, LabOptions options)
    {
        Directory.CreateDirectory(options.Output);
        foreach (var plot in plots)
        {
            File.WriteAllText(Path.Combine(options.Output, Picture(plot)), GrowthChart.Draw(plot));
        }

        var text = Text(plots, options);
        File.WriteAllText(Path.Combine(options.Output, "growth.md"), text);
        File.WriteAllText(Path.Combine(options.Output, "growth.json"), Json(plots));
        Console.WriteLine();
        Console.WriteLine(text);
        Console.WriteLine($"Written to {options.Output}: growth.md, growth.json, {string.Join(", ", plots.Select(Picture))}");
    }

    private static string Text(IReadOnlyList<MeasuredPlot> plots, LabOptions options)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"CPU time of the server in µs (memory in KB): the median of {options.Repetitions} windows of {options.Seconds} s, ± half of their spread.\n\n");
        text.Append("| plot | curve | slope of the last decade | |\n|---|---|---:|---|\n");
        foreach (var (plot, curve) in plots.SelectMany(p => p.Curves.Select(c => (p, c))))
        {
            text.Append(CultureInfo.InvariantCulture, $"| {plot.Plot.Title} | {curve.Curve.Title} | {curve.Slope.Value:0.00} ± {curve.Slope.Noise:0.00} | {Verdict(plot, curve)} |\n");
        }

        text.Append("\nThe slope is on two logarithmic axes: 0 is flat, 1 is linear.\n");
        foreach (var plot in plots)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## {plot.Plot.Title}\n\n![{plot.Plot.Title}]({Picture(plot)})\n\n{Table(plot)}");
        }

        if (plots.Any(p => p.Curves.Any(c => c.Points.Any(point => point.IsDisturbed))))
        {
            text.Append("\n\\* Other processes used over a tenth of a core in a window, even after repetition.\n");
        }

        return text.ToString();
    }

    private static string Table(MeasuredPlot plot)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"| {plot.Plot.Axis} | {string.Join(" | ", plot.Curves.Select(c => $"{c.Curve.Title} ({plot.Plot.Unit})"))} |\n");
        text.Append(CultureInfo.InvariantCulture, $"|---:|{string.Concat(plot.Curves.Select(_ => "---:|"))}\n");
        for (var i = 0; i < plot.Plot.Sizes.Length; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {Numbers.Size(plot.Plot.Sizes[i], plot.Plot.IsInBytes)} | {string.Join(" | ", plot.Curves.Select(c => Cell(c.Points[i])))} |\n");
        }

        return text.ToString();
    }

    private static string Cell(MeasuredPoint point) =>
        $"{Numbers.Cost(point.Cost)} ± {Numbers.Cost((point.Most - point.Least) / 2)}{(point.IsDisturbed ? "\\*" : "")}";

    private static string Verdict(MeasuredPlot plot, MeasuredCurve curve) => curve.Curve.Most switch
    {
        null => "for comparison",
        { } most when curve.Slope.Holds(most) => most == Slope.Flat ? "flat" : "at most linear",
        _ when plot.IsLikeFloor(curve) => $"no steeper than {plot.FloorOf(curve)!.Curve.Title}",
        Slope.Flat => "**not flat**",
        _ => "**worse than linear**",
    };

    private static string Picture(MeasuredPlot plot) => $"growth-{plot.Plot.Name}.svg";

    private static string Json(IReadOnlyList<MeasuredPlot> plots) => JsonSerializer.Serialize(
        plots.Select(p => new
        {
            plot = p.Plot.Name,
            axis = p.Plot.Axis,
            unit = p.Plot.Unit,
            curves = p.Curves.Select(c => new
            {
                curve = c.Curve.Title,
                slope = c.Slope.Value,
                noise = c.Slope.Noise,
                most = c.Curve.Most,
                holds = c.Curve.Most is { } most ? c.Slope.Holds(most) || p.IsLikeFloor(c) : (bool?)null,
                points = c.Points.Select(point => new { size = point.Size, cost = point.Cost, least = point.Least, most = point.Most, disturbed = point.IsDisturbed }),
            }),
        }),
        s_indented);
}
