using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace UpgradeProtocols.Tests.Structure;

/// <summary>The documentation pages have no placeholders, and their links have targets.</summary>
public sealed partial class PageTests
{
    private static readonly string s_root = Root();

    public static TheoryData<string> Pages => [.. Directory.EnumerateFiles(s_root, "*.md")
        .Concat(Directory.EnumerateFiles(Path.Combine(s_root, "docs"), "*.md", SearchOption.AllDirectories))
        .Select(page => Path.GetRelativePath(s_root, page))];

    [Theory, MemberData(nameof(Pages))]
    public void A_page_has_no_placeholders(string page) =>
        Assert.Empty(Placeholder().Matches(File.ReadAllText(Path.Combine(s_root, page))).Select(match => match.Value));

    [Theory, MemberData(nameof(Pages))]
    public void The_links_of_a_page_lead_to_files_and_headings(string page)
    {
        var path = Path.Combine(s_root, page);
        Assert.All(Link().Matches(File.ReadAllText(path)), link =>
        {
            var target = link.Groups["file"].Length == 0 ? path : Path.Combine(Path.GetDirectoryName(path)!, link.Groups["file"].Value);
            Assert.True(Path.Exists(target), link.Value);
            if (link.Groups["heading"].Success)
            {
                Assert.Contains(link.Groups["heading"].Value, Heading().Matches(File.ReadAllText(target)).Select(heading => Anchor(heading.Groups[1].Value)));
            }
        });
    }

    private static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", ".."));

    // GitHub creates anchors in this way.
    private static string Anchor(string heading) => NotInAnchors().Replace(heading.Trim().ToLowerInvariant(), "").Replace(' ', '-');

    [GeneratedRegex("@@|TODO|FIXME|\\bTBD\\b")]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"\]\((?!https?:)(?<file>[^)#\s]*)(#(?<heading>[^)\s]+))?\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^#+ (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\p{L}\p{N} _-]")]
    private static partial Regex NotInAnchors();
}
