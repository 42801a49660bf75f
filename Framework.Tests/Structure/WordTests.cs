using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;

namespace UpgradeProtocols.Tests.Structure;

/// <summary>The texts keep to the words of CONTRIBUTING.md.</summary>
public sealed partial class WordTests
{
    private static readonly string s_root = Root();
    private static readonly Regex s_banned = Banned();
    private static readonly string[] s_libraries =
    [
        "Framework", "Framework.Contracts", "Framework.Protocol", "Framework.Conversation", "Framework.Redis", "Framework.Testing", "Framework.Transport.Epoll",
        "Framework.Generators", "Framework.Analyzers",
    ];

    public static TheoryData<string> Folders =>
        [.. Directory.EnumerateDirectories(s_root).Select(Path.GetFileName).OfType<string>().Where(folder => SourcesOf(folder).Any()).Order(StringComparer.Ordinal)];

    public static TheoryData<string> Pages => [.. Directory.EnumerateFiles(s_root, "*.md", SearchOption.AllDirectories)
        .Select(page => Path.GetRelativePath(s_root, page))
        .Where(page => !IsGenerated(page) && !Guide().IsMatch(page))];

    [Theory, MemberData(nameof(Folders))]
    public void Comments_and_messages_use_plain_words(string folder) =>
        AssertNone(SourcesOf(folder).SelectMany(file => Faults(file, TextsOf(file, withLiterals: s_libraries.Contains(folder)))));

    [Theory, MemberData(nameof(Pages))]
    public void Pages_use_plain_words(string page) =>
        AssertNone(Faults(page, [Code().Replace(WordList().Replace(File.ReadAllText(Path.Combine(s_root, page)), " "), "code")]));

    [Fact]
    public void Names_of_tests_use_plain_words() =>
        AssertNone(typeof(WordTests).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods())
            .Where(method => method.GetCustomAttributes(inherit: false).OfType<FactAttribute>().Any())
            .SelectMany(method => Faults(method.DeclaringType!.Name, [method.Name.Replace('_', ' ')])));

    [Theory]
    [InlineData("Whoever asks is served.", true)]
    [InlineData("The server mends it.", true)]
    [InlineData("Nothing there. What isn't read is dropped.", true)]
    [InlineData("Who asks first is served.", true)]
    [InlineData("What does the server do?", false)]
    [InlineData("The server fixes it. The log says what is wrong.", false)]
    public void A_banned_word_is_found(string text, bool isFault) =>
        Assert.Equal(isFault, Faults("x", [text]).Any());

    private static void AssertNone(IEnumerable<string> faults)
    {
        var all = string.Join('\n', faults);
        Assert.True(all.Length == 0, all);
    }

    private static IEnumerable<string> Faults(string place, IEnumerable<string> texts) =>
        from text in texts
        from fault in s_banned.Matches(text).Concat(FreeRelative().Matches(text))
        let start = Math.Max(0, fault.Index - 60)
        select $"{place}: '{fault.Value.Trim()}' in: {text.Substring(start, Math.Min(text.Length - start, 160)).Trim()}";

    // The comments that follow each other are one text, so that a sentence may go over several lines.
    private static IEnumerable<string> TextsOf(string file, bool withLiterals)
    {
        var comment = new StringBuilder();
        foreach (var line in File.ReadLines(Path.Combine(s_root, file)))
        {
            var trimmed = line.TrimStart();
            if (trimmed.StartsWith("//", StringComparison.Ordinal))
            {
                comment.Append(Tag().Replace(trimmed.TrimStart('/'), ". ")).Append(' ');
                continue;
            }

            if (comment.Length > 0)
            {
                yield return comment.ToString();
                comment.Clear();
            }

            if (withLiterals)
            {
                foreach (var literal in Literal().Matches(line).Where(literal => literal.Value.Contains(' ', StringComparison.Ordinal)))
                {
                    yield return literal.Value.Trim('"');
                }
            }
        }

        yield return comment.ToString();
    }

    private static IEnumerable<string> SourcesOf(string folder) => Directory
        .EnumerateFiles(Path.Combine(s_root, folder), "*.cs", SearchOption.AllDirectories)
        .Select(file => Path.GetRelativePath(s_root, file))
        .Where(file => !IsGenerated(file) && Path.GetFileName(file) != "WordTests.cs");

    private static bool IsGenerated(string file) =>
        file.Split('/', '\\').Any(part => part is "bin" or "obj" or "artifacts" or "node_modules" or ".git") || file.Contains(".verified.", StringComparison.Ordinal);

    // The first column of the table in CONTRIBUTING.md.
    private static Regex Banned()
    {
        var words = WordList().Match(File.ReadAllText(Path.Combine(s_root, "CONTRIBUTING.md"))).Value.Split('\n')
            .Where(line => line.StartsWith("| ", StringComparison.Ordinal))
            .Skip(2)
            .SelectMany(line => line.Split('|')[1].Split(',', StringSplitOptions.TrimEntries))
            .ToArray();
        Assert.True(words.Length > 20, "CONTRIBUTING.md has no list of words.");
        return new Regex($@"\b({string.Join('|', words.Select(Regex.Escape))})\b", RegexOptions.IgnoreCase);
    }

    private static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", ".."));

    [GeneratedRegex(@"(?<=^\s*|[.:;]\s+|\|\s*|-\s+)(Who|What)\b(?=[^.?;|]*([.;|]|$))")]
    private static partial Regex FreeRelative();

    [GeneratedRegex(@"(?<=## Words\n).*?(?=\n## |\z)", RegexOptions.Singleline)]
    private static partial Regex WordList();

    [GeneratedRegex("```.*?```|`[^`\n]*`", RegexOptions.Singleline)]
    private static partial Regex Code();

    [GeneratedRegex(@"</?(summary|remarks|returns|param|typeparam|para|exception|item|description|list|example)\b[^>]*>")]
    private static partial Regex Tag();

    [GeneratedRegex("\"(?:[^\"\\\\]|\\\\.)*\"")]
    private static partial Regex Literal();

    [GeneratedRegex(@"^docs[/\\][^/\\]+\.md$")]
    private static partial Regex Guide();
}
