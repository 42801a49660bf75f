using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace UpgradeProtocols.Tests.Structure;

/// <summary>Data passes through the folders of Framework in one direction; code that reads bytes does not use its host.</summary>
public partial class FolderTests
{
    [Theory]
    [InlineData("Http", "Negotiation", "WebSockets", "Framing", "Connections", "Hosting", "Diagnostics")]
    [InlineData("Negotiation", "WebSockets", "Framing", "Connections", "Hosting", "Diagnostics")]
    [InlineData("WebSockets", "Http", "Negotiation", "Connections", "Hosting", "Diagnostics")]
    [InlineData("Framing", "Http", "Negotiation", "WebSockets", "Connections", "Hosting", "Diagnostics")]
    [InlineData("Connections", "Hosting")]
    [InlineData("Diagnostics", "Hosting")]
    public void A_folder_uses_no_type_of_its_forbidden_folders(string folder, params string[] forbidden)
    {
        var names = forbidden.SelectMany(DeclaredIn).Except(DeclaredIn(folder)).Except(PropertiesOf(folder)).ToHashSet(StringComparer.Ordinal);

        Assert.Empty(FilesOf(folder).SelectMany(file => UsedIn(file)
            .Where(names.Contains)
            .Select(name => $"{Path.GetFileName(file)} uses {name}")));
    }

    [Theory]
    [InlineData("Http")]
    [InlineData("Negotiation")]
    [InlineData("WebSockets")]
    [InlineData("Framing")]
    public void A_folder_of_bytes_does_not_use_the_web_server_or_the_container(string folder) =>
        Assert.Empty(FilesOf(folder).Where(file => ServerOrContainer().IsMatch(File.ReadAllText(file))).Select(Path.GetFileName));

    // A renamed folder, or a pattern that finds nothing, must not make the tests above pass without a check.
    [Fact]
    public void The_declarations_are_found()
    {
        Assert.Contains("UpgradeRequest", DeclaredIn("Http"));
        Assert.Contains("Negotiator", DeclaredIn("Negotiation"));
        Assert.Contains("WebSocketReader", DeclaredIn("WebSockets"));
        Assert.Contains("LineFraming", DeclaredIn("Framing"));
        Assert.Contains("Outbound", DeclaredIn("Connections"));
        Assert.Contains("UpgradeEngine", DeclaredIn("Hosting"));
        Assert.Contains("UpgradeRequest", UsedIn(FilesOf("Negotiation").Single(file => Path.GetFileName(file) == "Negotiator.cs")));
    }

    private static string[] FilesOf(string folder, [CallerFilePath] string here = "") =>
        Directory.GetFiles(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "Framework", folder), "*.cs", SearchOption.AllDirectories);

    private static HashSet<string> DeclaredIn(string folder) =>
        [.. FilesOf(folder).SelectMany(file => Declaration().Matches(Code(file)).Select(match => match.Groups["name"].Value))];

    // A property may have the name of a type in another folder.
    private static IEnumerable<string> PropertiesOf(string folder) =>
        FilesOf(folder).SelectMany(file => Property().Matches(Code(file)).Select(match => match.Groups["name"].Value));

    private static IEnumerable<string> UsedIn(string file) => Identifier().Matches(Code(file)).Select(match => match.Value).Distinct();

    // Comments and string literals are removed: prose may name any type.
    private static string Code(string file) => NoCode().Replace(File.ReadAllText(file), " ");

    // A top-level type: nested types are indented.
    [GeneratedRegex(@"^(?:[a-z]+ )*(?:class|struct|record|interface|enum|delegate [\w<>]+) (?<name>\w+)", RegexOptions.Multiline)]
    private static partial Regex Declaration();

    [GeneratedRegex(@"^\s+(?:public|internal|protected|private) [^\n=;({]* (?<name>\w+)\s*(?:\{|=>)", RegexOptions.Multiline)]
    private static partial Regex Property();

    [GeneratedRegex(@"\b[A-Z]\w+")]
    private static partial Regex Identifier();

    // The abstractions of a request's query are allowed.
    [GeneratedRegex(@"Microsoft\.(?!AspNetCore\.Http;|Extensions\.Primitives;)")]
    private static partial Regex ServerOrContainer();

    [GeneratedRegex("""//[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'""")]
    private static partial Regex NoCode();
}
