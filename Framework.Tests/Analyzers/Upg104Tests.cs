using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.DeclarationAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg104Tests
{
    [Fact]
    public Task An_async_void_message_is_reported_at_its_name() => Verify.VerifyAsync(
        """
        [UpgradeProtocol("a")]
        class Handler
        {
            [Message("a")] public async void {|#0:M|}() => await Task.Yield();
        }
        """,
        Verify.At(0, "UPG104", "'Handler.M' is async void, so its caller can't observe its end or its exceptions: return Task"));

    [Theory]
    [InlineData("[OnConnected] public async void {|UPG104:M|}() => await Task.Yield();")]
    [InlineData("[OnDisconnected] public async void {|UPG104:M|}() => await Task.Yield();")]
    [InlineData("[Background] public async void {|UPG104:M|}() => await Task.Yield();")]
    [InlineData("[OnUpgrading] public async void {|UPG104:M|}() => await Task.Yield();")]
    public Task Lifecycle_methods_are_reported_too(string method) => Verify.VerifyAsync(
        $$"""
        [UpgradeProtocol("a")]
        class Handler
        {
            {{method}}
        }
        """);

    [Theory]
    [InlineData("[Message(\"a\")] public async Task M() => await Task.Yield();")]
    [InlineData("[Message(\"a\")] public async ValueTask M() => await Task.Yield();")]
    [InlineData("[Message(\"a\")] public void M() { }")]
    [InlineData("[Message(\"a\")] public void M() { Local(); async void Local() => await Task.Yield(); }")]
    [InlineData("[OnConnected] public void Connected() { } public async void M() => await Task.Yield();")]
    public Task Methods_that_can_be_awaited_are_left_alone(string method) => Verify.VerifyAsync(
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
            class MessageAttribute(string name) : Attribute
            {
                public string Name => name;
                public string[]? Versions { get; set; }
            }

            [UpgradeProtocol("a")]
            class Handler
            {
                [OnConnected] public void Connected() { }
                [Message("a")] public async void M() => await Task.Yield();
            }
        }
        """);

    [Theory]
    [InlineData("[Message(\"a\")] public async M() => await Task.Yield();")]
    [InlineData("[Message(\"a\")] public async")]
    [InlineData("[Message(\"a\")] public async Missing M() { }")]
    public Task An_unfinished_method_throws_nothing(string method) => Verify.VerifyIncompleteAsync(
        $$"""
        [UpgradeProtocol("a")]
        class Handler
        {
            {{method}}
        }
        """);
}
