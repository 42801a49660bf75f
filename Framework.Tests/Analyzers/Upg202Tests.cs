using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Testing;
using Fix = UpgradeProtocols.Tests.Analyzers.CodeFixVerifier<UpgradeProtocols.Analyzers.ReflectionJsonAnalyzer, UpgradeProtocols.CodeFixes.CreateJsonContextFix>;
using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.ReflectionJsonAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg202Tests
{
    private const string Handler = """
        [{|#0:UpgradeProtocol("a")|}]
        class ChatHandler
        {
            [Message("a")] public void M(Say say) { }
        }

        public record Say(string Text);
        """;

    [Fact]
    public Task Reflection_is_an_info_where_nothing_is_trimmed() => Verify.VerifyAsync(
        Handler,
        Info("ChatHandler"));

    [Theory]
    [InlineData("PublishAot")]
    [InlineData("PublishTrimmed")]
    [InlineData("IsAotCompatible")]
    [InlineData("IsTrimmable")]
    [InlineData("EnableTrimAnalyzer")]
    public Task It_is_a_warning_where_the_program_is_trimmed(string property) => Verify.VerifyWithPropertiesAsync(
        Handler,
        $"build_property.{property} = true",
        Verify.At(0, "UPG202", "The payloads of 'ChatHandler' are serialized by reflection, which fails in a trimmed program: set JsonContext to a JsonSerializerContext"));

    [Fact]
    public Task A_property_set_to_false_counts_as_off() => Verify.VerifyWithPropertiesAsync(
        Handler,
        "build_property.PublishAot = false",
        Info("ChatHandler"));

    [Theory]
    [InlineData("[Message(\"a\")] public int M() => 1;", "")]
    [InlineData("[Message(\"a\")] public void M(string text) { }", "")]
    [InlineData("[Message(\"a\")] public IAsyncEnumerable<Say> M() => null!;", "")]
    [InlineData("[OnConnected] public void M() { }", ", Client = typeof(IEvents)")]
    [InlineData("[Message] public void M(string text) { }", ", Client = typeof(IEvents)")]
    public Task Every_json_payload_counts(string member, string options) => Verify.VerifyAsync(Declare(member, options), Info("ChatHandler"));

    [Theory]
    [InlineData("[Message(\"a\")] public void M(Say say) { }", ", JsonContext = typeof(ChatJson)")]
    [InlineData("[Message(\"a\")] public void M() { }", "")]
    [InlineData("[Message(\"a\")] public void M(ReadOnlyMemory<byte> bytes) { }", "")]
    [InlineData("[Message] public string M(string text) => text;", "")]
    [InlineData("[Message] public void M(byte[] bytes) { }", "")]
    [InlineData("[OnConnected] public void M() { }", "")]
    [InlineData("[OnUpgraded] public Task M(System.IO.Pipelines.IDuplexPipe pipe) => Task.CompletedTask;", ", Kind = UpgradeKind.Raw")]
    public Task A_handler_that_needs_no_reflection_is_left_alone(string member, string options) => Verify.VerifyAsync(Declare(member, options).Replace("{|#0:", "").Replace("|}]", "]"));

    [Fact]
    public Task A_class_of_another_library_is_left_alone() => Verify.VerifyAsync(
        """
        namespace Other
        {
            class UpgradeProtocolAttribute(string name) : Attribute { public string Name => name; }
            [UpgradeProtocol("a")] class Handler { [Message("a")] public void M(int x) { } }
        }
        """);

    [Theory]
    [InlineData("[UpgradeProtocol(\"a\", JsonContext = )] class H { [Message(\"a\")] public void M(int x) { } }")]
    [InlineData("[UpgradeProtocol(\"a\", JsonContext = typeof(Missing))] class H { [Message(\"a\")] public void M(int x) { } }")]
    [InlineData("[UpgradeProtocol(\"a\")] class H { [Message(\"a\")] public void M(Missing x) { } }")]
    [InlineData("[UpgradeProtocol(\"a\"")]
    public Task Unfinished_code_is_left_alone(string source) => Verify.VerifyIncompleteAsync(source);

    [Fact]
    public Task A_context_is_created_with_all_payloads() => Fix.VerifyFilesAsync(
        [
            """
            namespace Chat;

            [UpgradeProtocol("v2", Path = "/chat")]
            [UpgradeProtocol("v1", Path = "/chat")]
            public sealed class RoomHandler
            {
                [Message("say")] public Said Say(Say say) => new();
                [Message("all")] public IAsyncEnumerable<List<Said>> All(int? count) => null!;
            }

            public record Say;
            public record Said;
            """.Replace("[UpgradeProtocol(\"v2\", Path = \"/chat\")]", "[{|#0:UpgradeProtocol(\"v2\", Path = \"/chat\")|}]"),
        ],
        [
            """
            namespace Chat;

            [UpgradeProtocol("v2", Path = "/chat", JsonContext = typeof(RoomJson))]
            [UpgradeProtocol("v1", Path = "/chat", JsonContext = typeof(RoomJson))]
            public sealed class RoomHandler
            {
                [Message("say")] public Said Say(Say say) => new();
                [Message("all")] public IAsyncEnumerable<List<Said>> All(int? count) => null!;
            }

            [JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
            [JsonSerializable(typeof(Said))]
            [JsonSerializable(typeof(Say))]
            [JsonSerializable(typeof(List<Said>))]
            [JsonSerializable(typeof(int?))]
            internal sealed partial class RoomJson : JsonSerializerContext;

            public record Say;
            public record Said;
            """,
        ],
        [Info("RoomHandler")],
        ignoreCompiler: true);

    private static DiagnosticResult Info(string handler) =>
        Verify.At(0, "UPG202", $"The payloads of '{handler}' are serialized by reflection, which is slower and can't be trimmed: set JsonContext to a JsonSerializerContext")
            .WithSeverity(DiagnosticSeverity.Info);

    private static string Declare(string member, string options) => $$"""
        [{|#0:UpgradeProtocol("a"{{options}})|}]
        class ChatHandler { {{member}} }

        public record Say(string Text);
        [ClientContract] public interface IEvents { [Message("said")] ValueTask SaidAsync(Say say); }
        [JsonSerializable(typeof(Say))] partial class ChatJson;
        """ + "\n" + JsonContextSource.Generated;
}
