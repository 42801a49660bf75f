using Fix = UpgradeProtocols.Tests.Analyzers.CodeFixVerifier<UpgradeProtocols.Analyzers.EndlessLoopAnalyzer, UpgradeProtocols.CodeFixes.MakeBackgroundFix>;
using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.EndlessLoopAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg115Tests
{
    [Fact]
    public Task A_loop_in_OnConnected_is_reported() => Verify.VerifyAsync(
        Handler("[OnConnected]", "{|#0:while|} (true) await Task.Delay(1, ct);"),
        Verify.At(0, "UPG115", "'Handler.M' never ends and blocks the other messages of its connection: mark it with [Background], so that it runs concurrently with the messages"));

    [Fact]
    public Task A_loop_in_a_message_is_reported() => Verify.VerifyAsync(
        Handler("[Message(\"a\")]", "{|#0:for|} (;;) { await Task.Delay(1, ct); }"),
        Verify.At(
            0,
            "UPG115",
            "'Handler.M' never ends and blocks the other messages of its connection: move the loop to a method with [Background], return an IAsyncEnumerable<T>, or set Concurrent = true"));

    [Theory]
    [InlineData("{|UPG115:while|} (!ct.IsCancellationRequested) { await Task.Delay(1, ct); }")]
    [InlineData("{|UPG115:while|} (!connection.Closed.IsCancellationRequested) { await Task.Delay(1, ct); }")]
    [InlineData("{|UPG115:do|} { await Task.Delay(1, ct); } while (true);")]
    [InlineData("using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1)); {|UPG115:while|} (await timer.WaitForNextTickAsync(ct)) { }")]
    [InlineData("using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1)); {|UPG115:while|} (await timer.WaitForNextTickAsync(ct).ConfigureAwait(false)) { }")]
    [InlineData("{|UPG115:while|} (true) { foreach (var x in new int[3]) { if (x > 1) break; } await Task.Delay(1, ct); }")]
    [InlineData("{|UPG115:while|} (true) { Func<int> f = () => { return 1; }; f(); await Task.Delay(1, ct); }")]
    [InlineData("{|UPG115:while|} (true) { switch (1) { case 1: break; } await Task.Delay(1, ct); }")]
    public Task Every_endless_loop_is_reported(string statements) => Verify.VerifyAsync(Handler("[Message(\"a\")]", statements));

    [Theory]
    [InlineData("await {|UPG115:Task.Delay(Timeout.Infinite, ct)|};")]
    [InlineData("await {|UPG115:Task.Delay(-1)|};")]
    [InlineData("await {|UPG115:Task.Delay(Timeout.InfiniteTimeSpan, connection.Closed)|}.ConfigureAwait(false);")]
    [InlineData("await {|UPG115:Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, ct)|};")]
    [InlineData("await {|UPG115:Task.Delay(TimeSpan.FromMilliseconds(-1), CancellationToken.None)|};")]
    public Task A_delay_without_an_end_is_reported(string statements) => Verify.VerifyAsync(Handler("[OnConnected]", statements));

    [Theory]
    [InlineData("await Task.WhenAny(Task.Delay(Timeout.Infinite, ct), Task.Delay(1));")]
    [InlineData("using var other = new CancellationTokenSource(1000); await Task.Delay(Timeout.Infinite, other.Token);")]
    [InlineData("await Task.Delay(1000, ct);")]
    [InlineData("_ = Task.Run(async () => await Task.Delay(Timeout.Infinite, ct));")]
    public Task A_delay_that_ends_is_left_alone(string statements) => Verify.VerifyAsync(Handler("[OnConnected]", statements));

    [Fact]
    public Task A_delay_that_is_returned_is_reported_and_fixed() => Fix.VerifyAsync(
        "[UpgradeProtocol(\"a\")] class Handler { [OnConnected] public Task M(CancellationToken ct) => {|UPG115:Task.Delay(Timeout.Infinite, ct)|}; }",
        "[UpgradeProtocol(\"a\")] class Handler { [Background] public Task M(CancellationToken ct) => Task.Delay(Timeout.Infinite, ct); }");

    [Theory]
    [InlineData("while (true) { if (ct.IsCancellationRequested) break; await Task.Delay(1, ct); }")]
    [InlineData("while (true) { if (Random.Shared.Next() > 3) return; await Task.Delay(1, ct); }")]
    [InlineData("while (true) { if (Random.Shared.Next() > 3) throw new MessageException(\"a\", \"b\"); await Task.Delay(1, ct); }")]
    [InlineData("while (true) { await Task.Delay(1, ct); goto end; } end: ;")]
    [InlineData("for (var i = 0; i < 3; i++) { await Task.Delay(1, ct); }")]
    [InlineData("while (Random.Shared.Next() > 3) { await Task.Delay(1, ct); }")]
    [InlineData("while (false) { await Task.Delay(1, ct); }")]
    [InlineData("do { await Task.Delay(1, ct); } while (false);")]
    [InlineData("_ = Task.Run(async () => { while (true) { await Task.Delay(1, ct); } }, ct);")]
    [InlineData("_ = Beat(); async Task Beat() { while (true) await Task.Delay(1, ct); }")]
    [InlineData("foreach (var x in new int[3]) { await Task.Delay(1, ct); }")]
    public Task A_loop_that_ends_or_runs_in_the_background_is_left_alone(string statements) => Verify.VerifyAsync(Handler("[OnConnected]", statements));

    [Theory]
    [InlineData("[Background]")]
    [InlineData("[Message(\"a\", Concurrent = true)]")]
    [InlineData("")]
    public Task Methods_that_run_concurrently_are_left_alone(string attribute) => Verify.VerifyAsync(Handler(attribute, "while (true) await Task.Delay(1, ct);"));

    [Fact]
    public Task Streams_and_other_classes_are_left_alone() => Verify.VerifyAsync(
        """
        [UpgradeProtocol("a")]
        class Handler
        {
            [Message("a")] public async IAsyncEnumerable<int> M([EnumeratorCancellation] CancellationToken ct) { while (true) { await Task.Delay(1, ct); yield return 1; } }
        }

        class Service { [OnConnected] public void M() { while (true) { } } }

        namespace Other
        {
            class UpgradeProtocolAttribute : Attribute;
            [UpgradeProtocol] class Handler { [OnConnected] public void M() { while (true) { } } }
        }
        """);

    [Theory]
    [InlineData("while (true")]
    [InlineData("while (true) { if (")]
    [InlineData("for (")]
    [InlineData("do { } while (")]
    public Task Unfinished_loops_throw_nothing(string statements) =>
        Verify.VerifyIncompleteAsync(Handler("[Background]", statements) + "[UpgradeProtocol(\"b\")] class H2 { [OnConnected] public void M() { while (missing) { } while (true) { Missing(");

    [Fact]
    public Task OnConnected_becomes_Background() => Fix.VerifyAsync(
        Handler("[OnConnected]", "{|UPG115:while|} (true) await Task.Delay(1, ct);"),
        Handler("[Background]", "while (true) await Task.Delay(1, ct);"));

    [Fact]
    public Task A_message_stays_a_message() => Fix.VerifyNoFixAsync(Handler("[Message(\"a\")]", "{|UPG115:while|} (true) await Task.Delay(1, ct);"));

    [Fact]
    public Task A_second_Background_method_is_not_offered() => Fix.VerifyNoFixAsync(
        Handler("[Background] public Task Run(CancellationToken ct) => Task.CompletedTask;\n    [OnConnected]", "{|UPG115:while|} (true) await Task.Delay(1, ct);"));

    [Fact]
    public Task A_void_method_does_not_become_Background() => Fix.VerifyNoFixAsync(
        "[UpgradeProtocol(\"a\")] class Handler { [OnConnected] public void M() { {|UPG115:while|} (true) { } } }");

    private static string Handler(string attribute, string statements) => $$"""
        #pragma warning disable CS0162, CS4014, CS8321
        [UpgradeProtocol("a")]
        class Handler
        {
            {{attribute}} public async Task M(UpgradeConnection connection, CancellationToken ct) { {{statements}} await Task.Yield(); }
        }
        """;
}
