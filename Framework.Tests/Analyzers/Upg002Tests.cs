using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.ConflictAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg002Tests
{
    [Fact]
    public Task The_later_of_two_equal_protocols_is_reported() => Verify.VerifyAsync(
        """
        [UpgradeProtocol("chat.v2", Path = "/chat")]
        class First;

        [{|#0:UpgradeProtocol("chat.v2", Path = "/chat")|}]
        class Second;
        """,
        Verify.At(0, "UPG002", "'First' already declares the protocol 'chat.v2' for '/chat': change the name or path of this protocol, or remove one declaration"));

    [Fact]
    public Task Files_are_compared_in_the_order_of_their_names() => Verify.VerifyFilesAsync(
    [
        "[UpgradeProtocol(\"chat\")] class First;",
        "[{|UPG002:UpgradeProtocol(\"chat\")|}] class Second;",
    ]);

    [Fact]
    public Task A_third_is_reported_once() => Verify.VerifyAsync(
        """
        [UpgradeProtocol("chat")] class First;
        [{|UPG002:UpgradeProtocol("chat")|}] class Second;
        [{|UPG002:UpgradeProtocol("chat")|}] class Third;
        """);

    [Fact]
    public Task One_class_can_repeat_itself() => Verify.VerifyAsync(
        """
        [UpgradeProtocol("chat", Path = "/a")]
        [{|UPG002:UpgradeProtocol("chat", Path = "/a")|}]
        class Handler;
        """);

    [Fact]
    public Task Both_parts_of_a_partial_class_count() => Verify.VerifyAsync(
        """
        [UpgradeProtocol("chat")] partial class Handler;
        [{|UPG002:UpgradeProtocol("chat")|}] partial class Handler;
        """);

    [Fact]
    public Task Constants_are_compared_by_their_value() => Verify.VerifyAsync(
        """
        static class Names
        {
            public const string Chat = "chat";
            public const string Path = $"/{Chat}";
        }

        [UpgradeProtocol("chat", Path = "/chat")] class First;
        [{|UPG002:UpgradeProtocol(Names.Chat, Path = Names.Path)|}] class Second;
        """);

    [Theory]
    [InlineData("h2x", "H2X")]
    [InlineData("Example/1", "example/1")]
    public Task Upgrade_tokens_compare_without_case(string first, string second) => Verify.VerifyAsync(
        $$"""
        [UpgradeProtocol("{{first}}", Kind = UpgradeKind.Raw)] class First;
        [{|UPG002:UpgradeProtocol("{{second}}", Kind = UpgradeKind.Raw)|}] class Second;
        """);

    [Fact]
    public Task A_shared_request_method_is_enough() => Verify.VerifyAsync(
        """
        [UpgradeProtocol("exec", Kind = UpgradeKind.Raw, Methods = ["GET", "POST"])] class First;
        [{|UPG002:UpgradeProtocol("exec", Kind = UpgradeKind.Raw)|}] class Second;
        """);

    [Fact]
    public Task A_referenced_assembly_counts_when_its_protocols_are_registered_from_here() => Verify.VerifyWithAsync(
        TestReferences.Library(
            "Library",
            """
            [assembly: UpgradeProtocols.Runtime.UpgradeProtocolModule(typeof(Module))]
            public static class Module;
            public static class Outer
            {
                [UpgradeProtocol("chat")] internal class Handler;
            }
            """),
        "[{|#0:UpgradeProtocol(\"chat\")|}] class Second;",
        Verify.At(0, "UPG002", "'Outer.Handler' already declares the protocol 'chat' for '/': change the name or path of this protocol, or remove one declaration"));

    [Fact]
    public Task An_assembly_without_a_module_does_not_count() => Verify.VerifyWithAsync(
        TestReferences.Library("Library", "[UpgradeProtocol(\"chat\")] public class Handler;"),
        "[UpgradeProtocol(\"chat\")] class Second;");

    [Theory]
    [InlineData("\"chat\"", "\"chat.v2\"")]
    [InlineData("\"chat\"", "\"Chat\"")]
    [InlineData("\"chat\", Path = \"/a\"", "\"chat\", Path = \"/b\"")]
    [InlineData("\"chat\", Path = \"/a\"", "\"chat\", Path = \"/A\"")]
    [InlineData("\"chat\"", "\"chat\", Kind = UpgradeKind.Raw")]
    [InlineData("\"x/1\", Kind = UpgradeKind.Raw", "\"x/2\", Kind = UpgradeKind.Raw")]
    [InlineData("\"x/a\", Kind = UpgradeKind.Raw", "\"x/A\", Kind = UpgradeKind.Raw")]
    [InlineData("\"x\", Kind = UpgradeKind.Raw", "\"x\", Kind = UpgradeKind.Raw, Methods = [\"POST\"]")]
    [InlineData("\"chat\", Path = \"/a/{x}\"", "\"chat\", Path = \"/a/b\"")]
    public Task Protocols_that_differ_are_left_alone(string first, string second) => Verify.VerifyAsync(
        $"""
        [UpgradeProtocol({first})] class First;
        [UpgradeProtocol({second})] class Second;
        """);

    [Fact]
    public Task An_attribute_of_another_namespace_is_left_alone() => Verify.VerifyAsync(
        """
        namespace Other
        {
            class UpgradeProtocolAttribute(string name) : Attribute
            {
                public string Name => name;
            }

            [UpgradeProtocol("chat")] class First;
            [UpgradeProtocol("chat")] class Second;
        }
        """);

    [Theory]
    [InlineData("\"chat\", Path = ")]
    [InlineData("Missing.Name")]
    [InlineData("\"a\", \"b\"")]
    [InlineData("null")]
    public Task An_unfinished_attribute_is_left_alone(string arguments) => Verify.VerifyIncompleteAsync(
        $"""
        [UpgradeProtocol("chat", Path = "/chat")] class First;
        [UpgradeProtocol({arguments})] class Second;
        """);
}
