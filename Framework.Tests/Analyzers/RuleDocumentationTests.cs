namespace UpgradeProtocols.Tests.Analyzers;

/// <summary>Each rule is one descriptor with a page and an entry in the release notes.</summary>
public class RuleDocumentationTests
{
    private static readonly string Root = FindRoot();

    public static TheoryData<string> Ids => [.. AnalyzerCatalog.Rules.Select(rule => rule.Id)];

    [Fact]
    public void Every_id_has_one_descriptor() =>
        Assert.Equal(AnalyzerCatalog.Rules.Select(rule => rule.Id).Distinct(), AnalyzerCatalog.Rules.Select(rule => rule.Id));

    [Theory]
    [MemberData(nameof(Ids))]
    public void Every_rule_has_a_page(string id)
    {
        var rule = AnalyzerCatalog.Rules.Single(rule => rule.Id == id);
        var page = File.ReadAllText(Path.Combine(Root, "docs", "diagnostics", id + ".md"));

        Assert.StartsWith($"# {id}: {rule.Title}\n", page, StringComparison.Ordinal);
        Assert.Equal(["## Cause", "## Example", "## Fix"], page.Split('\n').Where(line => line.StartsWith("## ", StringComparison.Ordinal)));
        Assert.Contains($"Severity: {rule.DefaultSeverity.ToString().ToLowerInvariant()}", page, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void A_rule_links_nowhere_until_the_pages_are_published(string id) =>
        Assert.Equal("", AnalyzerCatalog.Rules.Single(rule => rule.Id == id).HelpLinkUri);

    [Theory]
    [InlineData(null, null)]
    [InlineData("", null)]
    [InlineData("https://example.org/docs", "https://example.org/docs/diagnostics/UPG001")]
    [InlineData("https://example.org/docs/", "https://example.org/docs/diagnostics/UPG001")]
    public void The_build_sets_the_address_of_the_pages(string? docsBaseUrl, string? expected) =>
        Assert.Equal(expected, typeof(UpgradeProtocols.Analyzers.DeclarationAnalyzer).Assembly.GetType("UpgradeProtocols.Declarations.Descriptors")!.GetMethod("HelpLink")!.Invoke(null, [docsBaseUrl, "UPG001"]));

    [Theory]
    [MemberData(nameof(Ids))]
    public void A_page_says_whether_there_is_a_code_fix(string id)
    {
        var page = File.ReadAllText(Path.Combine(Root, "docs", "diagnostics", id + ".md"));
        var hasFix = AnalyzerCatalog.Fixes.Any(fix => fix.FixableDiagnosticIds.Contains(id));

        Assert.Equal(hasFix, page.Contains("code fix", StringComparison.Ordinal));
    }

    [Fact]
    public void The_index_lists_every_rule_and_no_other()
    {
        var listed = File.ReadLines(Path.Combine(Root, "docs", "diagnostics", "README.md"))
            .Where(line => line.StartsWith("| [UPG", StringComparison.Ordinal));

        Assert.Equal(AnalyzerCatalog.Rules.Select(rule => $"| [{rule.Id}]({rule.Id}.md) | {rule.DefaultSeverity.ToString().ToLowerInvariant()} | {rule.Title} |"), listed);
    }

    [Fact]
    public void The_release_notes_list_every_rule_and_no_other()
    {
        var listed = Directory.EnumerateFiles(Path.Combine(Root, "Framework.Analyzers"), "AnalyzerReleases.*.md")
            .SelectMany(File.ReadLines)
            .Where(line => line.StartsWith("UPG", StringComparison.Ordinal))
            .Select(line => string.Join('|', line.Split('|').Take(3).Select(cell => cell.Trim())))
            .Order(StringComparer.Ordinal);

        Assert.Equal(AnalyzerCatalog.Rules.Select(rule => $"{rule.Id}|{rule.Category}|{rule.DefaultSeverity}"), listed);
    }

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Generated.sln")))
        {
            directory = directory.Parent;
        }

        return directory!.FullName;
    }
}
