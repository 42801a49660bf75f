using System.Globalization;
using System.Text;

namespace UpgradeProtocols.Lab;

/// <summary>Draws a bar for each server and work, in proportion to its cost; the longest bar of a work fills the width.</summary>
internal static class Chart
{
    private const int Left = 150;
    private const int Width = 760;
    private const int BarHeight = 14;

    public static string Draw(IReadOnlyList<Result> results)
    {
        var body = new StringBuilder();
        var y = 10;
        foreach (var work in results.GroupBy(r => r.Work))
        {
            y += 22;
            body.Append(CultureInfo.InvariantCulture, $"<text class=\"title\" x=\"0\" y=\"{y}\">{work.Key.Title} ({work.Key.Unit})</text>\n");
            y += 8;
            var longest = work.Max(r => r.Cost);
            foreach (var result in work.OrderBy(r => r.Cost))
            {
                var length = Math.Max(1, (Width - Left - 70) * result.Cost / longest);
                var isOurs = result.Contender.Name == Contender.Ours ? "ours" : "other";
                body.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left - 8}\" y=\"{y + 11}\" text-anchor=\"end\">{result.Contender.Name}</text>");
                body.Append(CultureInfo.InvariantCulture, $"<rect class=\"{isOurs}\" x=\"{Left}\" y=\"{y}\" width=\"{length:0.0}\" height=\"{BarHeight}\"/>");
                body.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left + length + 5:0.0}\" y=\"{y + 11}\">{result.Cost:0.00}</text>\n");
                y += BarHeight + 3;
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $$"""
            <svg xmlns="http://www.w3.org/2000/svg" width="{{Width}}" height="{{y + 10}}" font-family="sans-serif" font-size="11">
            <style>
            svg { background: #fff } text { fill: #333 } .title { font-size: 13px; font-weight: bold } .ours { fill: #2563eb } .other { fill: #b8c0cc }
            @media (prefers-color-scheme: dark) { svg { background: #111 } text { fill: #ddd } .ours { fill: #60a5fa } .other { fill: #4b5563 } }
            </style>
            {{body}}</svg>

            """);
    }
}
