using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.DeclarationAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg117Tests
{
    [Fact]
    public Task A_token_without_the_mark_is_reported_at_the_parameter() => Verify.VerifyAsync(
        """
        [UpgradeProtocol("a")]
        class Handler
        {
            [Message("a")]
            public async IAsyncEnumerable<int> MAsync(CancellationToken {|#0:ct|})
            {
                await Task.Delay(1, ct);
                yield return 1;
            }
        }
        """,
        Verify.At(0, "UPG117", "The parameter 'ct' of the stream 'Handler.MAsync' is not cancelled when the peer ends the stream: mark it with [EnumeratorCancellation]"));

    [Theory]
    [InlineData("[Message(\"a\")] public async IAsyncEnumerable<int> M([EnumeratorCancellation] CancellationToken ct) { await Task.Delay(1, ct); yield return 1; }")]
    [InlineData("[Message(\"a\")] public async IAsyncEnumerable<int> M() { await Task.Yield(); yield return 1; }")]
    [InlineData("[Message(\"a\")] public IAsyncEnumerable<int> M(CancellationToken ct) => null!;")]
    [InlineData("[Message(\"a\")] public async Task<int> M(CancellationToken ct) { await Task.Delay(1, ct); return 1; }")]
    [InlineData("[OnConnected] public void Connected(CancellationToken ct) { } public async IAsyncEnumerable<int> M(CancellationToken ct) { await Task.Yield(); yield return 1; }")]
    public Task Tokens_that_are_cancelled_are_left_alone(string method) => Verify.VerifyAsync(
        $$"""
        [UpgradeProtocol("a")]
        class Handler
        {
            {{method}}
        }
        """);

    [Theory]
    [InlineData("[Message(\"a\")] public async IAsyncEnumerable<Missing> M(CancellationToken ct) { await Task.Yield(); yield return 1; }")]
    [InlineData("[Message(\"a\")] public async IAsyncEnumerable<int> M(CancellationTok ct) { await Task.Yield(); yield return 1; }")]
    public Task An_unfinished_stream_is_left_alone(string method) => Verify.VerifyIncompleteAsync(
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
                [Message("a")] public async IAsyncEnumerable<int> M(CancellationToken ct) { await Task.Yield(); yield return 1; }
            }
        }
        """);
}
