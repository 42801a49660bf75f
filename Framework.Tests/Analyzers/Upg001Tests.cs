using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.DeclarationAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg001Tests
{
    [Fact]
    public Task A_name_with_a_space_is_reported_at_the_name() => Verify.VerifyAsync(
        """
        [UpgradeProtocol({|#0:"chat v2"|})]
        class Handler
        {
            [Message("a")] public void M() { }
        }
        """,
        Verify.At(0, "UPG001", "The protocol name 'chat v2' has a space, which a token can't contain (RFC 9110 §5.6.2): use only letters, digits and !#$%&'*+-.^_`|~"));

    [Theory]
    [InlineData("\"\"")]
    [InlineData("\"a,b\"")]
    [InlineData("\"a\\\"b\"")]
    [InlineData("\"a/1\"")]
    [InlineData("\"a\\n\"")]
    [InlineData("\"caf\u00e9\"")]
    [InlineData("Names.Wrong")]
    public Task A_name_that_is_not_a_token_is_reported(string name) => Verify.VerifyAsync(
        $$"""
        static class Names { public const string Wrong = "a b"; }

        [UpgradeProtocol({|UPG001:{{name}}|})]
        class Handler
        {
            [Message("a")] public void M() { }
        }
        """);

    [Theory]
    [InlineData("\"a/1/2\"")]
    [InlineData("\"a/\"")]
    [InlineData("\"/1\"")]
    public Task A_raw_name_has_one_version_at_most(string name) => Verify.VerifyAsync(
        $$"""
        [UpgradeProtocol({|UPG001:{{name}}|}, Kind = UpgradeKind.Raw, Framing = typeof(LineFraming))]
        class Handler
        {
            [Message] public void M(string line) { }
        }
        """);

    [Fact]
    public Task A_raw_protocol_needs_a_name() => Verify.VerifyAsync(
        """
        [{|UPG001:UpgradeProtocol(Path = "/raw", Kind = UpgradeKind.Raw, Framing = typeof(LineFraming))|}]
        class Handler
        {
            [Message] public void M(string line) { }
        }
        """);

    [Theory]
    [InlineData("\"chat.v2\"")]
    [InlineData("\"ocpp2.0.1\"")]
    [InlineData("\"!#$%&'*+-.^_`|~\"")]
    [InlineData("")]
    [InlineData("\"a/1\", Kind = UpgradeKind.Raw, Framing = typeof(LineFraming)")]
    public Task Tokens_are_left_alone(string arguments) => Verify.VerifyAsync(
        $$"""
        [UpgradeProtocol({{arguments}})]
        class Handler
        {
            [Message] public void M(string line) { }
        }
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

            [UpgradeProtocol("a b")] class Handler;
        }
        """);

    [Theory]
    [InlineData("Missing.Name")]
    [InlineData("\"a b")]
    [InlineData("1")]
    [InlineData("\"a b\", Path = ")]
    public Task An_error_of_the_compiler_is_not_reported_again(string arguments) => Verify.VerifyIncompleteAsync(
        $$"""
        [UpgradeProtocol({{arguments}})]
        class Handler
        {
            [Message("a")] public void M() { }
        }
        """);
}
