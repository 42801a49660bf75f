using Fix = UpgradeProtocols.Tests.Analyzers.CodeFixVerifier<UpgradeProtocols.Analyzers.MissingTokenAnalyzer, UpgradeProtocols.CodeFixes.AddTokenFix>;
using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.MissingTokenAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg107Tests
{
    [Fact]
    public Task A_stream_without_a_token_is_reported_at_its_name() => Verify.VerifyAsync(
        """
        [UpgradeProtocol("a")]
        class Handler
        {
            [Message("a")] public async IAsyncEnumerable<int> {|#0:MAsync|}() { await Task.Yield(); yield return 1; }
            [Background] public Task {|#1:RunAsync|}() => Task.Delay(1);
        }
        """,
        Verify.At(0, "UPG107", "'Handler.MAsync' can't detect that the client has cancelled the stream: take a CancellationToken"),
        Verify.At(1, "UPG107", "'Handler.RunAsync' can't detect that the connection is closed: take a CancellationToken"));

    [Theory]
    [InlineData("[Message(\"a\")] public IAsyncEnumerable<int> M(CancellationToken ct) => null!;")]
    [InlineData("[Message(\"a\")] public Task<int> M() => null!;")]
    [InlineData("[OnConnected] public Task M() => Task.Delay(1);")]
    [InlineData("[Background] public Task M(CancellationToken ct) => Task.Delay(1, ct);")]
    [InlineData("[Background] public Task M(UpgradeConnection connection) => Task.Delay(1, connection.Closed);")]
    [InlineData("[OnConnected] public void Connected() { } public IAsyncEnumerable<int> M() => null!;")]
    public Task Other_methods_are_left_alone(string method) => Verify.VerifyAsync("[UpgradeProtocol(\"a\")] class Handler { " + method + " }");

    [Fact]
    public Task An_attribute_of_another_namespace_is_left_alone() => Verify.VerifyAsync(
        """
        namespace Other
        {
            class BackgroundAttribute : Attribute;

            [UpgradeProtocol("a")]
            class Handler
            {
                [Background] public Task RunAsync() => Task.Delay(1);
            }
        }
        """);

    [Theory]
    [InlineData("[Message(\"a\")] public IAsyncEnumerable<Missing> M() => null!;")]
    [InlineData("[Message(\"a\")] public IAsyncEnumerable<int> M(CancellationTok ct) => null!;")]
    [InlineData("[Background] public Task")]
    public Task Unfinished_methods_are_left_alone(string method) =>
        Verify.VerifyIncompleteAsync("[UpgradeProtocol(\"a\")] class Handler { " + method + " }");

    [Fact]
    public Task All_get_a_token() => Fix.VerifyAsync(
        """
        [UpgradeProtocol("a")]
        class Handler
        {
            [Message("a")] public async IAsyncEnumerable<int> {|UPG107:AAsync|}() { await Task.Yield(); yield return 1; }
            [Message("b")] public IAsyncEnumerable<int> {|UPG107:BAsync|}(string text) => AAsync();
            [Message("c")] public IAsyncEnumerable<int> {|UPG107:CAsync|}([FromQuery] int x = 1) => AAsync();
            [Background] public Task {|UPG107:RunAsync|}() => Task.Delay(1);
        }
        """,
        """
        [UpgradeProtocol("a")]
        class Handler
        {
            [Message("a")] public async IAsyncEnumerable<int> AAsync([EnumeratorCancellation] CancellationToken cancellationToken) { await Task.Yield(); yield return 1; }
            [Message("b")] public IAsyncEnumerable<int> BAsync(string text, CancellationToken cancellationToken) => {|CS7036:AAsync|}();
            [Message("c")] public IAsyncEnumerable<int> CAsync([FromQuery] int x = 1, CancellationToken cancellationToken = default) => {|CS7036:AAsync|}();
            [Background] public Task RunAsync(CancellationToken cancellationToken) => Task.Delay(1);
        }
        """);

    [Fact]
    public Task No_fix_is_offered_where_the_base_decides_or_the_name_is_taken() => Fix.VerifyNoFixAsync(
        """
        abstract class Base
        {
            public abstract IAsyncEnumerable<int> A();
        }

        [UpgradeProtocol("a")]
        class Handler : Base
        {
            [Message("a")] public override IAsyncEnumerable<int> {|UPG107:A|}() => null!;
            [Message("b")] public IAsyncEnumerable<int> {|UPG107:B|}(string cancellationToken) => null!;
            [Message("c")] public IAsyncEnumerable<int> {|UPG107:C|}(params int[] numbers) => null!;
        }
        """);
}
