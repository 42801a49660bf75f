using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.DeclarationAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg101Tests
{
    [Fact]
    public Task A_return_type_that_cannot_be_a_reply_is_reported_at_the_method() => Verify.VerifyAsync(
        """
        [UpgradeProtocol("a")]
        class Handler
        {
            [Message("a")] public Task<Task> {|#0:MAsync|}() => Task.FromResult(Task.CompletedTask);
        }
        """,
        Verify.At(0, "UPG101", "'Handler.MAsync' returns the unsupported type 'Task<Task>': return void, T, IAsyncEnumerable<T>, or a Task or ValueTask"));

    [Theory]
    [InlineData("[Message(\"a\")] public IObservable<int> {|UPG101:M|}() => null!;")]
    [InlineData("[Message(\"a\")] public IAsyncEnumerator<int> {|UPG101:M|}() => null!;")]
    [InlineData("[Message(\"a\")] public System.Threading.Channels.ChannelReader<int> {|UPG101:M|}() => null!;")]
    [InlineData("[Message(\"a\")] public Task<IAsyncEnumerable<int>> {|UPG101:M|}() => null!;")]
    [InlineData("[Message(\"a\")] public ValueTask<ValueTask<int>> {|UPG101:M|}() => default;")]
    [InlineData("[Message(\"a\")] public ref int {|UPG101:M|}() => ref x[0]; int[] x = [1];")]
    public Task Other_awaitable_types_are_reported(string method) => Verify.VerifyAsync(
        $$"""
        [UpgradeProtocol("a")]
        class Handler
        {
            {{method}}
        }
        """);

    [Theory]
    [InlineData("[Message(\"a\")] public void M() { }")]
    [InlineData("[Message(\"a\")] public Task M() => Task.CompletedTask;")]
    [InlineData("[Message(\"a\")] public ValueTask M() => default;")]
    [InlineData("[Message(\"a\")] public int M() => 1;")]
    [InlineData("[Message(\"a\")] public string? M() => null;")]
    [InlineData("[Message(\"a\")] public Task<int[]> M() => Task.FromResult(new int[1]);")]
    [InlineData("[Message(\"a\")] public ValueTask<Tuple<int, string>> M() => default;")]
    [InlineData("[Message(\"a\")] public ValueTask<SendResult> M() => default;")]
    [InlineData("[Message(\"a\")] public IAsyncEnumerable<int> M() => null!;")]
    [InlineData("public Task<Task> M() => null!; [OnConnected] public void Connected() { }")]
    public Task Void_replies_and_streams_are_left_alone(string method) => Verify.VerifyAsync(
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
                [Message("a")] public Task<Task> M() => null!;
            }
        }
        """);

    [Theory]
    [InlineData("[Message(\"a\")] public Task<Missing> M() => null!;")]
    [InlineData("[Message(\"a\")] public Task<> M() => null!;")]
    [InlineData("[Message(\"a\")] public Missing M() => null!;")]
    [InlineData("[Message(\"a\")] public Task<")]
    public Task An_unfinished_return_is_left_alone(string method) => Verify.VerifyIncompleteAsync(
        $$"""
        [UpgradeProtocol("a")]
        class Handler
        {
            {{method}}
        }
        """);
}
