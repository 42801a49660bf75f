using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.DeclarationAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg122Tests
{
    [Theory]
    [InlineData("JsonMessageFormat", "has no name, but JsonMessageFormat identifies messages by names: use [Message(\"say\")]")]
    [InlineData("JsonRpcMessageFormat", "has no name, but JsonRpcMessageFormat identifies messages by names: use [Message(\"say\")]")]
    [InlineData("ByteTagMessageFormat", "has no tag, but ByteTagMessageFormat identifies messages by tags: use [Message(number)]")]
    public Task A_format_with_names_or_tags_requires_one(string format, string problem) => Verify.VerifyAsync(
        $$"""
        [UpgradeProtocol("a", Format = typeof({{format}}))]
        class Handler
        {
            [{|#0:Message|}] public void Say() { }
        }
        """,
        Verify.At(0, "UPG122", $"The message of 'Handler.Say' {problem}, or [AnyMessage] for all messages that no other method takes"));

    [Theory]
    [InlineData("[UpgradeProtocol(\"a\")]")]
    [InlineData("[UpgradeProtocol(\"a\", Format = typeof(RawMessageFormat))]")]
    [InlineData("[UpgradeProtocol(\"a\", Kind = UpgradeKind.Raw, Framing = typeof(LineFraming))]")]
    public Task A_format_without_an_envelope_has_no_names(string protocol) =>
        Verify.VerifyAsync($$"""{{protocol}} class Handler { [Message] public string M(string text) => text; }""");

    [Fact]
    public Task AnyMessage_is_left_alone() => Verify.VerifyAsync(
        """
        [UpgradeProtocol("a", Format = typeof(JsonMessageFormat))]
        class Handler
        {
            [Message("say")] public void Say() { }
            [AnyMessage] public void Rest(ReadOnlySpan<byte> payload) { }
        }
        """);
}
