using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace UpgradeProtocols.Tests.Structure;

/// <summary>docs/conformance.md names, for every rule, exactly the files whose tests carry the rule's trait.</summary>
public sealed partial class ConformanceTests
{
    [Fact]
    public void The_page_names_the_tests_of_every_rule() => HoldPage();

    private static void HoldPage([CallerFilePath] string here = "")
    {
        var tests = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, ".."));
        var proven = Directory.EnumerateFiles(tests, "*.cs", SearchOption.AllDirectories)
            .Where(static file => !file.Contains("/obj/", StringComparison.Ordinal))
            .SelectMany(file => RuleTrait().Matches(File.ReadAllText(file)).Select(match =>
                (Rule: match.Groups[1].Value, File: Path.GetRelativePath(tests, file)[..^3])))
            .Distinct()
            .GroupBy(static pair => pair.Rule)
            .ToDictionary(
                static rule => rule.Key,
                static rule => string.Join(", ", rule.Select(static pair => $"`{pair.File}`").Order(StringComparer.Ordinal)));
        var page = Row().Matches(File.ReadAllText(Path.Combine(tests, "..", "docs", "conformance.md")))
            .ToDictionary(static match => match.Groups[1].Value, static match => match.Groups[2].Value);

        Assert.Equal(proven.Keys.Order(StringComparer.Ordinal), page.Where(static row => row.Value != "–").Select(static row => row.Key).Order(StringComparer.Ordinal));
        Assert.All(proven, rule => Assert.Equal(rule.Value, page[rule.Key]));
    }

    [GeneratedRegex("Trait\\(\"rule\", \"([A-Z][0-9]+)\"\\)")]
    private static partial Regex RuleTrait();

    [GeneratedRegex(@"^\| ([A-Z][0-9]+) \|[^|]*\| (.*) \|$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
