using Fix = UpgradeProtocols.Tests.Analyzers.CodeFixVerifier<UpgradeProtocols.Analyzers.BlockingAnalyzer, UpgradeProtocols.CodeFixes.AwaitFix>;
using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.BlockingAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg108Tests
{
    [Fact]
    public Task Waiting_for_a_result_is_reported() => Verify.VerifyAsync(
        Handler("[Message(\"a\")] public int M() => {|#0:Get().Result|};"),
        Verify.At(0, "UPG108", "'Result' blocks the thread and delays other connections: await the task"));

    [Theory]
    [InlineData("{|UPG108:Get().Wait()|};")]
    [InlineData("{|UPG108:Get().Wait(100)|};")]
    [InlineData("{|UPG108:Get().GetAwaiter().GetResult()|};")]
    [InlineData("{|UPG108:Get().ConfigureAwait(false).GetAwaiter().GetResult()|};")]
    [InlineData("_ = {|UPG108:Value().Result|};")]
    [InlineData("{|UPG108:Value().GetAwaiter().GetResult()|};")]
    [InlineData("{|UPG108:Task.WaitAll(Get(), Get())|};")]
    [InlineData("{|UPG108:Task.WaitAny(Get(), Get())|};")]
    [InlineData("{|UPG108:Thread.Sleep(1)|};")]
    [InlineData("Local(); void Local() => {|UPG108:Thread.Sleep(1)|};")]
    [InlineData("var task = Get(); if (task.IsFaulted) { } _ = {|UPG108:task.Result|};")]
    [InlineData("var tasks = new[] { Get(), Get() }; foreach (var task in tasks) { _ = {|UPG108:task.Result|}; }")]
    [InlineData("var task = Task.WhenAny(Get(), Get()); _ = {|UPG108:task.Result|};")]
    public Task Every_way_to_block_is_reported(string statements) => Verify.VerifyAsync(Handler($"void M() {{ {statements} }}"));

    [Theory]
    [InlineData("await Get();")]
    [InlineData("await Task.Delay(1);")]
    [InlineData("var a = Get(); var b = Get(); await Task.WhenAll(a, b); _ = a.Result + b.Result;")]
    [InlineData("_ = (await Task.WhenAny(Get(), Get())).Result;")]
    [InlineData("_ = (await Task.WhenAny(Get(), Get()).ConfigureAwait(false)).GetAwaiter().GetResult();")]
    [InlineData("var first = await Task.WhenAny(Get(), Get()); _ = first.Result;")]
    [InlineData("await foreach (var task in Task.WhenEach(Get(), Get())) { _ = task.Result; }")]
    [InlineData("var tasks = new[] { Get(), Get() }; await Task.WhenAll(tasks); _ = tasks[0].Result; foreach (var task in tasks) { _ = task.Result; }")]
    [InlineData("_ = Task.FromResult(1).Result; Task.CompletedTask.Wait();")]
    [InlineData("var a = Value(); if (a.IsCompletedSuccessfully) { _ = a.Result; } else { await a; }")]
    [InlineData("await Task.Run(() => Thread.Sleep(1));")]
    [InlineData("_ = new Look().Result; new Look().Wait();")]
    public Task Code_that_does_not_block_the_handler_is_left_alone(string statements) => Verify.VerifyAsync(
        Handler($"async Task M() {{ {statements} await Task.Yield(); }}"));

    [Fact]
    public Task Other_classes_are_left_alone() => Verify.VerifyAsync(
        """
        class Service
        {
            public void M() => Thread.Sleep(1);
        }

        [UpgradeProtocol("a")]
        class Handler
        {
            [Message("a")] public void M() { }

            class Nested
            {
                public void M() => Thread.Sleep(1);
            }
        }

        namespace Other
        {
            class UpgradeProtocolAttribute : Attribute;

            [UpgradeProtocol] class Handler
            {
                public void M() => Thread.Sleep(1);
            }
        }
        """);

    [Theory]
    [InlineData("Missing().Result.")]
    [InlineData("Missing().Wait();")]
    [InlineData("Missing().GetAwaiter().GetResult(")]
    [InlineData("Missing.Result;")]
    public Task Unfinished_statements_are_left_alone(string statements) =>
        Verify.VerifyIncompleteAsync(Handler($"void M() {{ {statements} }}"));

    [Fact]
    public Task All_are_awaited_where_the_method_is_async() => Fix.VerifyAsync(
        Handler(
            """
            async Task M()
                {
                    _ = {|UPG108:Get().Result|} + 1;
                    _ = {|UPG108:Get().Result|}.ToString();
                    {|UPG108:Get().Wait()|};
                    {|UPG108:Value().GetAwaiter().GetResult()|};
                    {|UPG108:Thread.Sleep(1)|}; // a moment
                    await Get();
                }
            """),
        Handler(
            """
            async Task M()
                {
                    _ = await Get() + 1;
                    _ = (await Get()).ToString();
                    await Get();
                    await Value();
                    await Task.Delay(1); // a moment
                    await Get();
                }
            """));

    [Theory]
    [InlineData("void M() { _ = {|UPG108:Get().Result|}; }")]
    [InlineData("async Task M() { lock (this) { _ = {|UPG108:Get().Result|}; } await Get(); }")]
    [InlineData("async Task M() { Local(); await Get(); void Local() => {|UPG108:Get().Wait()|}; }")]
    [InlineData("async Task M() { {|UPG108:Get().Wait(100)|}; await Get(); }")]
    [InlineData("async Task M() { {|UPG108:Task.WaitAll(Get())|}; await Get(); }")]
    public Task No_fix_is_offered_where_one_await_is_not_enough(string method) => Fix.VerifyNoFixAsync(Handler(method));

    private static string Handler(string member) => $$"""
        [UpgradeProtocol("a")]
        class Handler
        {
            {{member}}

            private static Task<int> Get() => Task.FromResult(1);
            private static ValueTask<int> Value() => new(1);

            [OnConnected] public void Connected() { }
        }

        class Look
        {
            public int Result => 1;
            public void Wait() { }
        }
        """;
}
