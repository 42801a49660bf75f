using Fix = UpgradeProtocols.Tests.Analyzers.CodeFixVerifier<UpgradeProtocols.Analyzers.UnawaitedPushAnalyzer, UpgradeProtocols.CodeFixes.AwaitPushFix>;
using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.UnawaitedPushAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg121Tests
{
    private const string Types = """

        [ClientContract]
        public interface IEvents
        {
            [Message("said")] ValueTask SaidAsync(string text);
            [Message("told")] Task ToldAsync(string text);
            [Message("heard")] ValueTask<SendResult> HeardAsync(string text);
            [Message("ask")] ValueTask<int> AskAsync();
        }

        public interface IStore { Task SaveAsync(); }
        """;

    [Fact]
    public Task A_push_as_a_statement_is_reported() => Verify.VerifyAsync(
        Class("public void M() { {|#0:clients.All.SaidAsync(\"x\")|}; }"),
        Verify.At(0, "UPG121", "'SaidAsync' is not awaited, so the method continues to send while the client is slow, and an exception is lost: await it, return it, or discard it explicitly with '_ ='"));

    [Theory]
    [InlineData("public void M() => {|UPG121:clients.All.SaidAsync(\"x\")|};")]
    [InlineData("public async Task M() { {|UPG121:clients.All.ToldAsync(\"x\")|}; await Task.Yield(); }")]
    [InlineData("public void M() { {|UPG121:clients.All.HeardAsync(\"x\")|}; }")]
    [InlineData("public void M() { {|UPG121:clients.All.ToldAsync(\"x\")|}.ConfigureAwait(false); }")]
    [InlineData("public void M() { {|UPG121:clients.All.SaidAsync(\"x\")|}.AsTask(); }")]
    [InlineData("public void M() { clients?{|UPG121:.All.SaidAsync(\"x\")|}; }")]
    [InlineData("public void M() { var task = {|UPG121:clients.All.SaidAsync(\"x\")|}; }")]
    [InlineData("public void M() { Action later = () => {|UPG121:clients.All.SaidAsync(\"x\")|}; later(); }")]
    [InlineData("public void M(UpgradeConnection connection) { {|UPG121:connection.SendAsync(\"x\")|}; }")]
    [InlineData("public void M(UpgradeConnection connection) { {|UPG121:connection.Client<IEvents>().AskAsync()|}; }")]
    public Task Every_way_to_forget_a_push_is_reported(string method) => Verify.VerifyAsync(Class(method));

    [Theory]
    [InlineData("public async Task M() => await clients.All.SaidAsync(\"x\");")]
    [InlineData("public ValueTask M() => clients.All.SaidAsync(\"x\");")]
    [InlineData("public void M() { _ = clients.All.SaidAsync(\"x\"); }")]
    [InlineData("public Task M() => Task.WhenAll(clients.All.ToldAsync(\"x\"), clients.All.SaidAsync(\"y\").AsTask());")]
    [InlineData("public async Task M() { var task = clients.All.SaidAsync(\"x\"); await Task.Yield(); await task; }")]
    [InlineData("public void M() { Func<ValueTask> later = () => clients.All.SaidAsync(\"x\"); _ = later(); }")]
    [InlineData("public void M(IStore store) { store.SaveAsync(); }")]
    public Task An_awaited_returned_or_discarded_push_is_left_alone(string method) => Verify.VerifyAsync(Class(method));

    [Fact]
    public Task Every_push_is_awaited_where_the_method_is_async() => Fix.VerifyAsync(
        Class("""
            public async Task M(bool isLoud)
            {
                // first
                {|UPG121:clients.All.SaidAsync("x")|}; // said
            #if !QUIET
                if (isLoud)
                    /* then */ {|UPG121:clients
                        // to all
                        .All.ToldAsync("x")|};
            #endif
                await Task.Yield();
            }
            """),
        Class("""
            public async Task M(bool isLoud)
            {
                // first
                await clients.All.SaidAsync("x"); // said
            #if !QUIET
                if (isLoud)
                    /* then */ await clients
                        // to all
                        .All.ToldAsync("x");
            #endif
                await Task.Yield();
            }
            """));

    [Theory]
    [InlineData("public void M() => {|UPG121:clients.All.SaidAsync(\"x\")|};")]
    [InlineData("public async Task M() { Action later = () => {|UPG121:clients.All.SaidAsync(\"x\")|}; later(); await Task.Yield(); }")]
    public Task No_fix_is_offered_where_await_is_not_possible(string method) => Fix.VerifyNoFixAsync(Class(method));

    private static string Class(string method) => $"public class Service(IClients<IEvents> clients)\n{{\n{method}\n}}" + Types;
}
