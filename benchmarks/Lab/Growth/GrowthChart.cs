using System.Globalization;
using System.Text;

namespace UpgradeProtocols.Lab;

/// <summary>Draws a plot with two logarithmic axes: a line for each curve, and a bar from minimum to maximum at each point.</summary>
internal static class GrowthChart
{
    private const int Width = 760;
    private const int Height = 400;
    private const int Left = 70;
    private const int Right = Width - 30;
    private const int Bottom = Height - 60;
    private const int LegendLine = 18;

    public static string Draw(MeasuredPlot plot)
    {
        var top = 45 + (LegendLine * plot.Curves.Count);
        var points = plot.Curves.SelectMany(c => c.Points).ToList();
        var marks = LogScale.Marks(points.Min(p => p.Least), points.Max(p => p.Most));
        var x = new LogScale(plot.Plot.Sizes[0], plot.Plot.Sizes[^1], Left + 20, Right - 20);
        var y = new LogScale(marks[0], marks[^1], Bottom, top);
        var body = new StringBuilder();
        Text(body, 0, 18, plot.Plot.Title, "class=\"title\"");
        foreach (var mark in marks)
        {
            Grid(body, Left, y.At(mark), Right, y.At(mark));
            Text(body, Left - 8, y.At(mark) + 4, mark.ToString("#,0.####", CultureInfo.InvariantCulture), "text-anchor=\"end\"");
        }

        foreach (var size in plot.Plot.Sizes)
        {
            Grid(body, x.At(size), top, x.At(size), Bottom);
            Text(body, x.At(size), Bottom + 18, Numbers.Size(size, plot.Plot.IsInBytes), "text-anchor=\"middle\"");
        }

        var middle = (top + Bottom) / 2;
        Text(body, (Left + Right) / 2, Height - 16, plot.Plot.Axis, "text-anchor=\"middle\"");
        Text(body, 14, middle, Quantity(plot.Plot.Unit), $"text-anchor=\"middle\" transform=\"rotate(-90 14 {middle})\"");
        for (var number = 0; number < plot.Curves.Count; number++)
        {
            Curve(body, plot.Curves[number], number, x, y);
        }

        return string.Create(CultureInfo.InvariantCulture, $$"""
            <svg xmlns="http://www.w3.org/2000/svg" width="{{Width}}" height="{{Height}}" viewBox="0 0 {{Width}} {{Height}}" font-family="sans-serif" font-size="11">
            <style>
            svg { background: #fff } text { fill: #333 } .title { font-size: 14px; font-weight: bold } .grid { stroke: #e2e5ea }
            polyline { fill: none; stroke-width: 2 } .curve0 { stroke: #2563eb } .curve1 { stroke: #c2570c } .curve2 { stroke: #15803d } .curve3 { stroke: #9333ea } circle { fill: #fff; stroke-width: 2 }
            @media (prefers-color-scheme: dark) {
            svg { background: #111 } text { fill: #ddd } .grid { stroke: #2d3239 } circle { fill: #111 }
            .curve0 { stroke: #60a5fa } .curve1 { stroke: #fb923c } .curve2 { stroke: #4ade80 } .curve3 { stroke: #c084fc } }
            </style>
            {{body}}</svg>

            """);
    }

    private static void Curve(StringBuilder body, MeasuredCurve curve, int number, LogScale x, LogScale y)
    {
        var line = string.Join(' ', curve.Points.Select(p => string.Create(CultureInfo.InvariantCulture, $"{x.At(p.Size):0.0},{y.At(p.Cost):0.0}")));
        body.Append(CultureInfo.InvariantCulture, $"<g class=\"curve{number}\"><polyline points=\"{line}\"/>\n");
        foreach (var point in curve.Points)
        {
            body.Append(CultureInfo.InvariantCulture, $"<path d=\"M{x.At(point.Size):0.0} {y.At(point.Least):0.0}V{y.At(point.Most):0.0}\"/>");
            body.Append(CultureInfo.InvariantCulture, $"<circle cx=\"{x.At(point.Size):0.0}\" cy=\"{y.At(point.Cost):0.0}\" r=\"3\"/>\n");
        }

        var legend = 38 + (LegendLine * number);
        body.Append(CultureInfo.InvariantCulture, $"<polyline points=\"{Left},{legend} {Left + 24},{legend}\"/></g>");
        Text(body, Left + 32, legend + 4, curve.Curve.Title, "");
    }

    private static string Quantity(string unit) => unit == "KB" ? "memory of a connection (KB)" : $"CPU time of the server ({unit})";

    private static void Grid(StringBuilder body, double x1, double y1, double x2, double y2) =>
        body.Append(CultureInfo.InvariantCulture, $"<path class=\"grid\" d=\"M{x1:0.0} {y1:0.0}L{x2:0.0} {y2:0.0}\"/>");

    private static void Text(StringBuilder body, double x, double y, string text, string attributes) =>
        body.Append(CultureInfo.InvariantCulture, $"<text x=\"{x:0.0}\" y=\"{y:0.0}\" {attributes}>{text}</text>\n");
}
