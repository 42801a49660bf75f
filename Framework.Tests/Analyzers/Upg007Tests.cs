using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.ConflictAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg007Tests
{
    [Fact]
    public Task The_later_of_two_unnamed_handlers_is_reported() => Verify.VerifyAsync(
        """
        namespace Chat;

        [UpgradeProtocol(Path = "/rpc")] class First;
        [{|#0:UpgradeProtocol(Path = "/rpc")|}] class Second;
        """,
        Verify.At(0, "UPG007", "'Chat.First' is already the default handler of '/rpc': add a name to this protocol and remove Default, or change its path"));

    [Theory]
    [InlineData("\"a\", Default = true", "\"b\", Default = true")]
    [InlineData("Path = \"/\"", "\"b\", Default = true")]
    [InlineData("\"a\", Default = true", "")]
    [InlineData("Path = \"/{x}\"", "Path = \"/{y}\"")]
    public Task Defaults_may_be_named(string first, string second) => Verify.VerifyAsync(
        $$"""
        [UpgradeProtocol({{first}})] class First;
        [{|UPG007:UpgradeProtocol({{second}})|}] class Second;
        """);

    [Fact]
    public Task Two_versions_of_a_class_can_both_be_marked() => Verify.VerifyAsync(
        """
        [UpgradeProtocol("a", Default = true)]
        [{|UPG007:UpgradeProtocol("b", Default = true)|}]
        class Handler;
        """);

    [Theory]
    [InlineData("\"a\", Default = true", "\"b\"")]
    [InlineData("\"a\", Default = true", "\"b\", Default = false")]
    [InlineData("Path = \"/a\"", "Path = \"/b\"")]
    [InlineData("Path = \"/a/{x}\"", "Path = \"/a/b\"")]
    [InlineData("\"a\", Default = true", "\"b\", Kind = UpgradeKind.Raw, Default = true")]
    public Task One_default_is_left_alone(string first, string second) => Verify.VerifyAsync(
        $"""
        [UpgradeProtocol({first})] class First;
        [UpgradeProtocol({second})] class Second;
        """);

    [Fact]
    public Task An_attribute_of_another_namespace_is_left_alone() => Verify.VerifyAsync(
        """
        namespace Other
        {
            class UpgradeProtocolAttribute : Attribute;

            [UpgradeProtocol] class First;
            [UpgradeProtocol] class Second;
        }
        """);

    [Fact]
    public Task An_unfinished_argument_is_left_alone() => Verify.VerifyIncompleteAsync(
        """
        [UpgradeProtocol("a", Default = true)] class First;
        [UpgradeProtocol("b", Default = )] class Second;
        """);
}
