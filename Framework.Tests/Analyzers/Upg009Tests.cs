using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.DeclarationAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg009Tests
{
    [Fact]
    public Task Messages_without_framing_are_reported() => Verify.VerifyAsync(
        """
        [{|#0:UpgradeProtocol("a", Kind = UpgradeKind.Raw)|}]
        class Handler
        {
            [Message] public void M(string line) { }
        }
        """,
        Verify.At(0, "UPG009", "The protocol 'a' has [Message] methods but no framing that delimits its messages: set Framing, for example to typeof(LineFraming)"));

    [Theory]
    [InlineData(", Framing = typeof(LineFraming)", "[Message] public void M(string line) { } [OnUpgraded] public Task P(System.IO.Pipelines.IDuplexPipe pipe) => Task.CompletedTask;")]
    [InlineData("", "[Message] public void M(string line) { } [OnUpgraded] public Task P(System.IO.Pipelines.IDuplexPipe pipe) => Task.CompletedTask;")]
    [InlineData(", Framing = typeof(LineFraming)", "[OnUpgraded] public Task P(System.IO.Pipelines.IDuplexPipe pipe) => Task.CompletedTask;")]
    [InlineData("", "[OnConnected] public void Connected() { }")]
    public Task Two_readers_of_the_bytes_or_none_are_reported(string options, string methods) => Verify.VerifyAsync(
        $$"""
        [{|UPG009:UpgradeProtocol("a", Kind = UpgradeKind.Raw{{options}})|}]
        class Handler
        {
            {{methods}}
        }
        """);

    [Fact]
    public Task A_pipe_method_of_a_WebSocket_is_reported_at_the_method() => Verify.VerifyAsync(
        """
        [UpgradeProtocol("a")]
        class Handler
        {
            [OnUpgraded] public Task {|UPG009:RunAsync|}(System.IO.Pipelines.IDuplexPipe pipe) => Task.CompletedTask;
        }
        """);

    [Theory]
    [InlineData(", Framing = typeof(LineFraming)", "[Message] public void M(string line) { }")]
    [InlineData(", Framing = typeof(LengthPrefixedFraming)", "[Message(\"a\")] public void M(string text) { }")]
    [InlineData("", "[OnUpgraded] public Task P(System.IO.Pipelines.IDuplexPipe pipe) => Task.CompletedTask;")]
    [InlineData("", "[OnUpgraded] public Task P(System.IO.Pipelines.IDuplexPipe pipe, CancellationToken ct) => Task.CompletedTask; [OnDisconnected] public void D() { }")]
    public Task One_way_to_read_bytes_is_left_alone(string options, string methods) => Verify.VerifyAsync(
        $$"""
        [UpgradeProtocol("a", Kind = UpgradeKind.Raw{{options}})]
        class Handler
        {
            {{methods}}
        }
        """);

    [Fact]
    public Task Versions_may_differ_in_kind() => Verify.VerifyAsync(
        """
        [UpgradeProtocol("a", Kind = UpgradeKind.Raw)]
        [UpgradeProtocol("b")]
        class Handler
        {
            [OnUpgraded] public Task RunAsync(System.IO.Pipelines.IDuplexPipe pipe) => Task.CompletedTask;
            [Message("m", Versions = ["b"])] public void M() { }
        }
        """);

    [Fact]
    public Task An_attribute_of_another_namespace_is_left_alone() => Verify.VerifyAsync(
        """
        namespace Other
        {
            class OnUpgradedAttribute : Attribute;

            [UpgradeProtocol("a")]
            class Handler
            {
                [OnUpgraded] public Task RunAsync() => Task.CompletedTask;
                [Message("a")] public void M() { }
            }
        }
        """);

    [Fact]
    public Task An_unfinished_framing_is_left_alone() => Verify.VerifyIncompleteAsync(
        """
        [UpgradeProtocol("a", Kind = UpgradeKind.Raw, Framing = typeof(Missing))]
        class Handler
        {
            [Message] public void M(string line) { }
        }
        """);
}
