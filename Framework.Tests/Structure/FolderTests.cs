using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols.Tests.Structure;

/// <summary>The folders depend on each other in one direction, along the path of the data.</summary>
public partial class FolderTests
{
    [Theory]
    [InlineData("Http", "WebSockets", "Framing")]
    [InlineData("Negotiation", "WebSockets", "Framing", "Connections", "Hosting", "Diagnostics")]
    [InlineData("WebSockets", "Http")]
    [InlineData("Framing", "Http", "WebSockets")]
    [InlineData("Requests", "WebSockets", "Framing", "Negotiation", "Hosting", "Diagnostics")]
    [InlineData("Clock", "Outbound", "Queue", "Calls", "Sessions")]
    [InlineData("Outbound", "Queue", "Calls", "Sessions")]
    [InlineData("Queue", "Calls", "Sessions")]
    [InlineData("Calls", "Sessions")]
    [InlineData("Access", "Hosting", "Handlers", "Outbound", "Groups", "Backplane")]
    [InlineData("Groups", "Hosting", "Handlers")]
    [InlineData("Backplane", "Hosting", "Handlers")]
    [InlineData("Dispatch", "Hosting", "Handlers", "Backplane")]
    [InlineData("Handlers", "Hosting", "Backplane")]
    [InlineData("Connections", "Hosting")]
    [InlineData("Diagnostics", "Hosting")]
    public void A_folder_uses_no_type_of_its_forbidden_folders(string folder, params string[] forbidden)
    {
        var names = forbidden.SelectMany(DeclaredIn).Except(DeclaredIn(folder)).Except(PropertiesOf(folder)).ToHashSet(StringComparer.Ordinal);

        Assert.Empty(FilesOf(folder).SelectMany(file => UsedIn(file)
            .Where(names.Contains)
            .Select(name => $"{Path.GetFileName(file)} uses {name}")));
    }

    [Fact]
    public void Negotiation_uses_neither_the_web_server_nor_the_container() =>
        Assert.Empty(FilesOf("Negotiation").Where(file => File.ReadAllText(file).Contains("Microsoft.", StringComparison.Ordinal)).Select(Path.GetFileName));

    // The compiler checks that Protocol knows neither the server nor the container. This checks that no reference is added.
    [Fact]
    public void Protocol_references_only_the_base_class_library_and_the_contracts() =>
        Assert.Equal(
            ["UpgradeProtocols.Contracts"],
            typeof(LineFraming).Assembly.GetReferencedAssemblies().Select(name => name.Name).Where(name => !name!.StartsWith("System", StringComparison.Ordinal)));

    [Fact]
    public void Conversation_references_neither_the_server_nor_a_container() =>
        Assert.Equal(
            ["Microsoft.Extensions.Logging.Abstractions", "UpgradeProtocols.Contracts", "UpgradeProtocols.Protocol"],
            typeof(MessageStream).Assembly.GetReferencedAssemblies()
                .Select(name => name.Name)
                .Where(name => !name!.StartsWith("System", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal));

    // A renamed folder, or a pattern that finds nothing, must not make the tests above pass without a check.
    [Fact]
    public void The_declarations_are_found()
    {
        Assert.Contains("RequestHead", DeclaredIn("Http"));
        Assert.Contains("UpgradeRequest", DeclaredIn("Requests"));
        Assert.Contains("Negotiator", DeclaredIn("Negotiation"));
        Assert.Contains("WebSocketReader", DeclaredIn("WebSockets"));
        Assert.Contains("LineFraming", DeclaredIn("Framing"));
        Assert.Contains("Outbound", DeclaredIn("Outbound"));
        Assert.Contains("UpgradeEngine", DeclaredIn("Hosting"));
        Assert.Contains("UpgradeRequest", UsedIn(FilesOf("Negotiation").Single(file => Path.GetFileName(file) == "Negotiator.cs")));
    }

    private static string[] FilesOf(string folder, [CallerFilePath] string here = "")
    {
        var root = Path.Combine(Path.GetDirectoryName(here)!, "..", "..");
        string[] projects = ["Framework.Protocol", "Framework.Conversation", "Framework"];
        var path = projects.Select(project => Path.Combine(root, project, folder)).Single(Directory.Exists);
        return Directory.GetFiles(path, "*.cs", SearchOption.AllDirectories);
    }

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

    [GeneratedRegex("""//[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'""")]
    private static partial Regex NoCode();
}
