using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.DeclarationAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg111Tests
{
    [Fact]
    public Task A_second_method_of_a_kind_is_reported() => Verify.VerifyAsync(
        """
        [UpgradeProtocol("a")]
        class Handler
        {
            [OnConnected] public void First() { }
            [OnConnected] public void {|#0:Second|}() { }
        }
        """,
        Verify.At(0, "UPG111", "'Handler.Second' is a second method with [OnConnected] in addition to 'Handler.First': combine both into one"));

    [Theory]
    [InlineData("[OnConnected] public int {|UPG111:M|}() => 1;")]
    [InlineData("[OnConnected] public void M(CloseInfo {|UPG111:close|}) { }")]
    [InlineData("[OnConnected] public void M(string {|UPG111:text|}) { }")]
    [InlineData("[OnConnected] public void M(IDisposable {|UPG111:service|}) { }")]
    [InlineData("[OnConnected] public void M(ref int {|UPG111:x|}) { }")]
    [InlineData("[OnDisconnected] public Task<int> {|UPG111:M|}() => null!;")]
    [InlineData("[OnUpgrading] public void {|UPG111:M|}() { }")]
    [InlineData("[OnUpgrading] public ValueTask {|UPG111:M|}() => default;")]
    [InlineData("[Background] public void {|UPG111:M|}() { }")]
    [InlineData("[Background] public Task M(MessageKind {|UPG111:kind|}) => Task.CompletedTask;")]
    public Task A_wrong_signature_is_reported(string method) => Verify.VerifyAsync(
        $$"""
        [UpgradeProtocol("a")]
        class Handler
        {
            {{method}}
        }
        """);

    [Theory]
    [InlineData("[OnConnected] public void M(UpgradeConnection c, UpgradeRequest r, CancellationToken ct) { }")]
    [InlineData("[OnConnected] public ValueTask M([FromServices] IDisposable x, [FromQuery] string? y) => default;")]
    [InlineData("[OnConnected] public ValueTask<SendResult> M() => default;")]
    [InlineData("[OnDisconnected] public void M(UpgradeConnection c, CloseInfo close) { }")]
    [InlineData("[OnUpgrading] public UpgradeResult M(UpgradeRequest r) => UpgradeResult.Accept();")]
    [InlineData("[OnUpgrading] public async Task<UpgradeResult> M() { await Task.Yield(); return UpgradeResult.Accept(); }")]
    [InlineData("[Background] public Task M(UpgradeConnection c, CancellationToken ct) => Task.CompletedTask;")]
    [InlineData("[OnConnected] public void A() { } [OnDisconnected] public void B() { }")]
    public Task A_correct_signature_is_left_alone(string method) => Verify.VerifyAsync(
        $$"""
        [UpgradeProtocol("a")]
        class Handler
        {
            {{method}}
        }
        """);

    [Fact]
    public Task An_attribute_of_another_namespace_is_left_alone() => Verify.VerifyAsync(
        """
        namespace Other
        {
            class OnConnectedAttribute : Attribute;

            [UpgradeProtocol("a")]
            class Handler
            {
                [Message("a")] public void M() { }
                [OnConnected] public int A(CloseInfo close) => 1;
                [OnConnected] public int B() => 1;
            }
        }
        """);

    [Theory]
    [InlineData("[OnConnected] public Missing M() => null!;")]
    [InlineData("[OnUpgrading] public ValueTask<Missing> M() => default;")]
    [InlineData("[OnConnected] public void M(Missing x) { }")]
    [InlineData("[Background] public")]
    public Task An_unfinished_method_is_left_alone(string method) => Verify.VerifyIncompleteAsync(
        $$"""
        [UpgradeProtocol("a")]
        class Handler
        {
            {{method}}
        }
        """);
}
