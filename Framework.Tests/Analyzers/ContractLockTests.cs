using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;
using UpgradeProtocols.Analyzers;
using UpgradeProtocols.CodeFixes;
using UpgradeProtocols.Tests.Generators;

namespace UpgradeProtocols.Tests.Analyzers;

/// <summary>UPG501 to UPG504: the lock file holds the protocols as the generator once described them.</summary>
public class ContractLockTests
{
    private const string Published = """
        public record Say(string Room, string? Text = null);
        public record Reply(int Id, Color Color);
        public enum Color { Red, Green }

        [ClientContract]
        public interface IEvents
        {
            [Message("said")] ValueTask SaidAsync(Say said);
            [Message("ask")] ValueTask<Reply> AskAsync(int question);
        }

        [UpgradeProtocol("chat", Path = "/chat", Client = typeof(IEvents))]
        public class H
        {
            [Message("say")] public Reply Say(Say say) => new(1, default);
            [Message("stop")] public void Stop() { }
            [Message("all")] public IAsyncEnumerable<List<Reply>> All(int[] ids) => throw new NotSupportedException();
        }
        """;

    [Fact]
    public async Task An_unchanged_protocol_is_left_alone() => Assert.Empty(await CompareAsync("", ""));

    [Theory]
    [InlineData("    [Message(\"stop\")] public void Stop() { }", "", "the message 'stop' was removed")]
    [InlineData("    [Message(\"said\")] ValueTask SaidAsync(Say said);", "", "the push 'said' was removed")]
    [InlineData("string? Text = null", "string? Text = null, string Language", "'language' was added to the payload of 'say' and is required")]
    [InlineData("string? Text = null", "string? Txt = null", "'text' was removed from the payload of 'say'")]
    [InlineData("string? Text = null", "int? Text = null", "'text' of the payload of 'say' was 'string' and is 'int'")]
    [InlineData("string Room", "int Room", "'room' of the payload of 'say' was 'string' and is 'int'")]
    [InlineData("string? Text = null", "string Text", "'text' of the payload of 'say' is now required")]
    [InlineData("int Id, Color Color", "long Id, Color Color", "'id' of an item of the stream of 'all' was 'int' and is 'long'")]
    [InlineData("int Id, Color Color", "int? Id, Color Color", "'id' of an item of the stream of 'all' may now be null")]
    [InlineData("int Id, Color Color", "int Id", "'color' was removed from an item of the stream of 'all'")]
    [InlineData("Red, Green", "Red, Blue", "'Green=1' was removed from 'color' of an item of the stream of 'all'")]
    [InlineData("Red, Green", "Green, Red", "'Green=1' was removed from 'color' of an item of the stream of 'all'")]
    [InlineData("public Reply Say(Say say) => new(1, default);", "public void Say(Say say) { }", "the reply to 'say' is now nothing")]
    [InlineData("public Reply Say(Say say) => new(1, default);", "public string Say(Say say) => \"\";", "the reply to 'say' was 'Reply' and is 'string'")]
    [InlineData("public Reply Say(Say say) => new(1, default);", "public IAsyncEnumerable<Reply> Say(Say say) => null!;", "the reply to 'say' is now a stream of 'Reply'")]
    [InlineData("Stop() { }", "Stop(int now) { }", "the payload of 'stop' was nothing and is 'int'")]
    [InlineData("int[] ids", "int ids", "the payload of 'all' was 'int[]' and is 'int'")]
    [InlineData("int[] ids", "string[] ids", "an item of the payload of 'all' was 'int' and is 'string'")]
    [InlineData("AskAsync(int question)", "AskAsync(string question)", "the payload of 'ask' was 'int' and is 'string'")]
    [InlineData("ValueTask<Reply> AskAsync", "ValueTask AskAsync", "the reply to 'ask' is now nothing")]
    [InlineData("Path = \"/chat\"", "Path = \"/chat\", Format = typeof(FlatJsonMessageFormat)", "its format was 'UpgradeProtocols.JsonMessageFormat' and is 'UpgradeProtocols.FlatJsonMessageFormat'")]
    public async Task A_change_that_breaks_clients_is_an_error(string from, string to, string what)
    {
        var said = await CompareAsync(from, to);
        Assert.Contains($"UPG501 A change of the published protocol 'chat' breaks its clients: {what}. Undo the change, or declare another protocol with a new name", said);
    }

    [Theory]
    [InlineData("[Message(\"stop\")] public void Stop() { }", "[Message(\"stop\")] public void Stop() { } [Message(\"more\")] public void More() { }", "the message 'more'")]
    [InlineData("ValueTask SaidAsync(Say said);", "ValueTask SaidAsync(Say said); [Message(\"more\")] ValueTask MoreAsync();", "the push 'more'")]
    [InlineData("string? Text = null", "string? Text = null, string? Language = null", "'language' in the payload of 'say'")]
    [InlineData("int Id, Color Color", "int Id, Color Color, int More = 0", "'more' in an item of the stream of 'all'")]
    [InlineData("Red, Green", "Red, Green, Blue", "'Blue=2' in 'color' of an item of the stream of 'all'")]
    [InlineData("public void Stop() { }", "public int Stop() => 1;", "a reply to 'stop'")]
    [InlineData("int[] ids", "int[]? ids", "the payload of 'all', which may be null")]
    public async Task An_addition_is_an_info(string from, string to, string what)
    {
        var said = await CompareAsync(from, to);
        Assert.Contains($"UPG502 upgrade-protocols.lock.json is not up to date for the protocol 'chat'. It lacks {what}. Update the file when the addition is published", said);
        Assert.DoesNotContain(said, line => line.StartsWith("UPG501", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("record Say(", "record Spoken(", "Say say", "Spoken say")]
    [InlineData("int[] ids", "List<int> ids", "x", "x")]
    [InlineData("public Reply Say(Say say) => new(1, default);", "public async Task<Reply> Speak(Say other) { await Task.Yield(); return new(1, default); }", "x", "x")]
    [InlineData("public class H", "[UpgradeProtocol(\"other\", Path = \"/other\")] public class Other;\npublic class H", "x", "x")]
    public async Task A_change_that_no_client_sees_breaks_no_client(string from, string to, string from2, string to2) =>
        Assert.DoesNotContain(
            await CompareAsync(from, to.Replace("public class Other;\n", ""), source => source.Replace(from2, to2).Replace("SaidAsync(Say said)", from2 == "x" ? "SaidAsync(Say said)" : "SaidAsync(Spoken said)")),
            line => line.StartsWith("UPG501", StringComparison.Ordinal));

    [Theory]
    [InlineData("", "", ", Codec = typeof(Packed)", " with Packed")]
    [InlineData(", Codec = typeof(Packed)", " with Packed", ", Codec = typeof(Wordy<int>)", " with Wordy<int>")]
    [InlineData(", Codec = typeof(Packed)", " with Packed", "", "")]
    public async Task Another_codec_is_another_format(string before, string beforeName, string now, string nowName)
    {
        const string source = """
            public abstract class Codec : IPayloadCodec
            {
                public PayloadSerializer<T> GetSerializer<T>() => throw new NotSupportedException();
                public void WriteObject(System.Buffers.IBufferWriter<byte> output, object value) { }
            }
            public class Packed : Codec;
            public class Wordy<T> : Codec;

            [UpgradeProtocol("a", Kind = UpgradeKind.Raw, Path = "/a", Format = typeof(JsonMessageFormat), Framing = typeof(LineFraming)CODEC)]
            public class H { [Message("say")] public void Say(int[] numbers) { } }
            """;
        const string format = "UpgradeProtocols.JsonMessageFormat/UpgradeProtocols.LineFraming";
        Assert.Empty(await DiagnoseAsync(source.Replace("CODEC", before), LockOf(source.Replace("CODEC", before))));
        var diagnostic = Assert.Single(await DiagnoseAsync(source.Replace("CODEC", now), LockOf(source.Replace("CODEC", before))));
        Assert.Equal(
            $"A change of the published protocol 'a' breaks its clients: its format was '{format}{beforeName}' and is '{format}{nowName}'. Undo the change, or declare another protocol with a new name",
            diagnostic.GetMessage(null));
    }

    [Fact]
    public async Task A_new_version_is_an_addition()
    {
        var said = await CompareAsync("[UpgradeProtocol(\"chat\"", "[UpgradeProtocol(\"chat.v2\", Path = \"/chat\", Client = typeof(IEvents))]\n[UpgradeProtocol(\"chat\"");
        Assert.Equal(["UPG502 upgrade-protocols.lock.json is not up to date for the protocol 'chat.v2'. It lacks the whole protocol. Update the file when the addition is published"], said);
    }

    [Fact]
    public async Task A_removed_protocol_is_reported_in_the_lock_file()
    {
        var diagnostic = Assert.Single(await DiagnoseAsync(Published.Replace("\"chat\"", "\"talk\""), LockOf(Published)), diagnostic => diagnostic.Id == "UPG501");
        Assert.Equal("A change of the published protocol 'chat' breaks its clients: no handler declares it for '/chat' any more. Undo the change, or declare another protocol with a new name", diagnostic.GetMessage(null));
        Assert.Equal(("/upgrade-protocols.lock.json", 3), (diagnostic.Location.GetLineSpan().Path, diagnostic.Location.GetLineSpan().StartLinePosition.Line));
    }

    [Fact]
    public async Task A_change_is_reported_at_its_method()
    {
        var diagnostic = Assert.Single(await DiagnoseAsync(Published.Replace("Stop() { }", "Stop(int now) { }"), LockOf(Published)));
        Assert.Equal("Stop", diagnostic.Location.SourceTree!.ToString().Substring(diagnostic.Location.SourceSpan.Start, diagnostic.Location.SourceSpan.Length));
    }

    [Fact]
    public async Task A_project_without_the_file_is_left_alone() => Assert.Empty(await DiagnoseAsync(Published, null));

    [Theory]
    [InlineData("")]
    [InlineData("  \n")]
    [InlineData("{ \"version\": 1, \"protocols\": [] }")]
    public async Task An_empty_file_lacks_everything(string text) => Assert.Equal("UPG502", Assert.Single(await DiagnoseAsync(Published, text)).Id);

    [Theory]
    [InlineData("{", "a name is expected", 0)]
    [InlineData("[]", "an object is expected", 0)]
    [InlineData("{ \"version\": 2, \"protocols\": [] }", "its version must be 1", 0)]
    [InlineData("{ \"version\": 1 }", "'protocols' is missing", 0)]
    [InlineData("{ \"version\": 1.5 }", "a whole number is expected", 0)]
    [InlineData("{ \"version\": 1,\n \"protocols\": [ } }", "a value is expected", 1)]
    [InlineData("{ \"version\": 1,\n \"protocols\": [],\n \"more\": 1 }", "'more' is unknown", 2)]
    [InlineData("{ \"version\": 1, \"version\": 1 }", "'version' occurs twice", 0)]
    [InlineData("{ \"version\": 1, \"protocols\": [] } x", "the file has text after its end", 0)]
    [InlineData("{ \"vers", "a string is not terminated", 0)]
    [InlineData("{ \"\\x\": 1 }", "an escape sequence is unknown", 0)]
    [InlineData("{ \"\\u12\": 1 }", "\\u needs four hexadecimal digits", 0)]
    [InlineData("{ \"version\": 1, \"protocols\": [1] }", "an object is expected", 0)]
    [InlineData("{ \"version\": 1, \"protocols\": [{ \"name\": 1, \"path\": \"/\", \"kind\": \"raw\", \"format\": \"\", \"receives\": [], \"sends\": [], \"types\": [] }] }", "a string is expected", 0)]
    [InlineData("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "it is nested too deeply", 0)]
    public async Task A_file_that_cannot_be_read_is_reported(string text, string problem, int line)
    {
        var diagnostic = Assert.Single(await DiagnoseAsync(Published, text));
        Assert.Equal("UPG503", diagnostic.Id);
        Assert.Equal($"upgrade-protocols.lock.json can't be read: {problem}. Restore it from version control, or empty it", diagnostic.GetMessage(null));
        Assert.Equal(line, diagnostic.Location.GetLineSpan().StartLinePosition.Line);
    }

    [Fact]
    public async Task A_written_file_is_read_back()
    {
        const string source = """
            public record Say([property: JsonPropertyName("a \"b\" \\ \u2028 \u00e9")] int X);
            [UpgradeProtocol(Path = "/e")] public class H { [Message("x\n\"y\"")] public void X(Say say) { } [AnyMessage] public void Y(ReadOnlyMemory<byte> rest) { } }
            """;
        var text = LockOf(source);
        Assert.Contains("\"message\": \"x\\u000a\\\"y\\\"\"", text, StringComparison.Ordinal);
        Assert.Contains("\"message\": \"*bytes\"", text, StringComparison.Ordinal);
        Assert.Empty(await DiagnoseAsync(source, text));
    }

    [Fact]
    public async Task The_fix_of_an_addition_writes_what_was_added_and_no_break()
    {
        const string a = "[UpgradeProtocol(\"a\", Path = \"/a\")] public class A { [Message(\"kept\")] public void Kept() { } }\n";
        const string b = "[UpgradeProtocol(\"b\", Path = \"/b\")] public class B { [Message(\"b\")] public void M() { } }\n";
        Assert.Equal(LockOf(a + b), await FixAsync(a.Replace("Kept()", "Kept(int now)") + b, LockOf(a), "UPG502"));
    }

    [Theory]
    [InlineData("of 'a1' was")]
    [InlineData("of 'b1' was")]
    [InlineData("'a2' was removed")]
    [InlineData("'y' of the payload of 'a3'")]
    [InlineData("'z' was added")]
    public async Task The_fix_of_a_break_writes_that_break_alone(string what)
    {
        const string published = """
            public record P(int X, int Y);
            [UpgradeProtocol("a", Path = "/a")] public class A { [Message("a1")] public void A1(int x) { } [Message("a2")] public void A2() { } [Message("a3")] public void A3(P p) { } }
            [UpgradeProtocol("b", Path = "/b")] public class B { [Message("b1")] public void B1(int x) { } }
            """;
        var parts = new Dictionary<string, (string From, string To)>
        {
            ["of 'a1' was"] = ("A1(int x)", "A1(string x)"),
            ["of 'b1' was"] = ("B1(int x)", "B1(long x)"),
            ["'a2' was removed"] = ("[Message(\"a2\")] public void A2() { }", ""),
            ["'y' of the payload of 'a3'"] = ("int Y", "string Y"),
            ["'z' was added"] = ("P(int X", "P(int Z, int X"),
        };
        var now = parts.Values.Aggregate(published, (source, part) => source.Replace(part.From, part.To));

        Assert.Equal(LockOf(published.Replace(parts[what].From, parts[what].To)), await FixAsync(now, LockOf(published), "UPG501", what));
    }

    [Fact]
    public async Task A_duplicate_entry_is_reported_and_the_first_one_is_used()
    {
        var text = LockOf(Published);
        var line = text.Split('\n').Single(candidate => candidate.Contains("\"type\": \"Say\"", StringComparison.Ordinal)).TrimEnd(',');
        var twice = text.Replace(line, line + ",\n" + line.Replace("\"room\"", "\"name\""));

        var diagnostic = Assert.Single(await DiagnoseAsync(Published, twice));

        Assert.Equal(
            "UPG504: upgrade-protocols.lock.json contains the type 'Say' twice, possibly after a merge of two branches: remove one of them. Until then, only the first one is compared",
            $"{diagnostic.Id}: {diagnostic.GetMessage(null)}");
        Assert.Equal("name", twice.Split('\n')[diagnostic.Location.GetLineSpan().StartLinePosition.Line].Split('"')[9]);
    }

    [Theory]
    [InlineData("{ \"message\": \"stop\" }", "the message 'stop'")]
    [InlineData("{ \"message\": \"said\", \"payload\": \"Say\" }", "the push 'said'")]
    [InlineData("{ \"name\": \"room\", \"type\": \"string\", \"required\": true }", "the member 'room' of 'Say'")]
    public async Task Every_kind_of_duplicate_entry_is_reported(string item, string what)
    {
        var text = LockOf(Published);
        Assert.Contains(item, text, StringComparison.Ordinal);

        var diagnostic = Assert.Single(await DiagnoseAsync(Published, text.Replace(item, item + ", " + item)));

        Assert.Equal(("UPG504", true), (diagnostic.Id, diagnostic.GetMessage(null).Contains($"contains {what} twice", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("", "string Room", "string Room, string? Nick", "'nick' in the payload of 'say'", "UPG502")]
    [InlineData("RespectRequiredConstructorParameters = true", "string Room", "string Room, string? Nick", "'nick' was added to the payload of 'say' and is required", "UPG501")]
    [InlineData("RespectRequiredConstructorParameters = true", "string Room", "string Room, string? Nick = null", "'nick' in the payload of 'say'", "UPG502")]
    [InlineData("", "JsonSourceGenerationOptions()", "JsonSourceGenerationOptions(RespectRequiredConstructorParameters = true)", "'Room' of the payload of 'say' is now required", "UPG501")]
    public async Task A_member_is_required_only_if_the_context_enforces_it(string options, string from, string to, string what, string id)
    {
        var source = $$"""
            public record Say(string Room);
            [JsonSourceGenerationOptions({{options}})] [JsonSerializable(typeof(Say))] public sealed partial class ChatJson : JsonSerializerContext;
            [UpgradeProtocol("a", JsonContext = typeof(ChatJson))] public class H { [Message("say")] public void M(Say say) { } }
            """;
        var now = source.Replace(from, to);
        Assert.NotEqual(source, now);

        var diagnostic = Assert.Single(await DiagnoseAsync(now, LockOf(source)));

        Assert.Equal((id, true), (diagnostic.Id, diagnostic.GetMessage(null).Contains(what, StringComparison.OrdinalIgnoreCase)));
    }

    private static async Task<string[]> CompareAsync(string from, string to, Func<string, string>? more = null)
    {
        var now = from.Length == 0 ? Published : Published.Replace(from, to);
        var diagnostics = await DiagnoseAsync((more ?? (source => source))(now), LockOf(Published));
        return [.. diagnostics.Select(diagnostic => $"{diagnostic.Id} {diagnostic.GetMessage(null)}")];
    }

    /// <summary>Returns the lock file of a source: the description that the generator writes.</summary>
    private static string LockOf(string source)
    {
        var description = GeneratorHost.Run(source).Output.Assembly.GetAttributes().Single(attribute => attribute.AttributeClass!.Name == nameof(UpgradeProtocolDescriptionAttribute));
        return (string)description.ConstructorArguments[0].Value! + "\n";
    }

    private static async Task<ImmutableArray<Diagnostic>> DiagnoseAsync(string source, string? text)
    {
        var options = new CompilationWithAnalyzersOptions(
            new AnalyzerOptions(text is null ? [] : [new Text(text)]),
            (exception, _, _) => Assert.Fail(exception.ToString()),
            concurrentAnalysis: true,
            logAnalyzerExecutionTime: false);
        return await GeneratorHost.Compile([source]).WithAnalyzers([new ContractLockAnalyzer()], options).GetAnalyzerDiagnosticsAsync(TestContext.Current.CancellationToken);
    }

    private static async Task<string> FixAsync(string source, string text, string id, string what = "")
    {
        using var workspace = new AdhocWorkspace();
        var compilation = GeneratorHost.Compile([source]);
        var project = workspace.AddProject(ProjectInfo.Create(
            ProjectId.CreateNewId(), VersionStamp.Default, "Chat", "Chat", LanguageNames.CSharp, compilationOptions: compilation.Options, parseOptions: GeneratorHost.Parse, metadataReferences: compilation.References));
        foreach (var tree in compilation.SyntaxTrees)
        {
            project = project.AddDocument(tree.FilePath, await tree.GetTextAsync(TestContext.Current.CancellationToken), filePath: tree.FilePath).Project;
        }

        project = project.AddAdditionalDocument("upgrade-protocols.lock.json", text, filePath: "/upgrade-protocols.lock.json").Project;
        var diagnostics = await DiagnoseAsync(source, text);
        var actions = new List<CodeAction>();
        await new UpdateLockFix().RegisterCodeFixesAsync(new CodeFixContext(
            project.Documents.Single(document => document.Name == "Source.cs"),
            diagnostics.First(diagnostic => diagnostic.Id == id && diagnostic.GetMessage(null).Contains(what, StringComparison.Ordinal)),
            (action, _) => actions.Add(action),
            TestContext.Current.CancellationToken));
        var operation = (await Assert.Single(actions).GetOperationsAsync(TestContext.Current.CancellationToken)).OfType<ApplyChangesOperation>().Single();
        var changed = operation.ChangedSolution.GetProject(project.Id)!.AdditionalDocuments.Single();
        var written = await changed.GetTextAsync(TestContext.Current.CancellationToken);
        Assert.Empty(written.Encoding!.GetPreamble());
        return written.ToString();
    }

    private sealed class Text(string content) : AdditionalText
    {
        public override string Path => "/upgrade-protocols.lock.json";

        public override SourceText GetText(CancellationToken cancellationToken = default) => SourceText.From(content);
    }
}
