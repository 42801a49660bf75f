using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.RequestToManyAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg304Tests
{
    private const string Contract = """
        [ClientContract]
        public interface IEvents
        {
            [Message("said")] ValueTask SaidAsync(string text);
            [Message("sent")] ValueTask<SendResult> SentAsync(string text);
            [Message("ask")] ValueTask<string> AskAsync(string text);
        }

        public interface IPlain { ValueTask<string> AskAsync(string text); }

        """;

    [Fact]
    public Task A_request_to_a_group_is_reported() => Verify.VerifyAsync(
        Contract + "class S(IClients<IEvents> clients) { ValueTask<string> M() => clients.Group(\"a\").{|#0:AskAsync|}(\"\"); }",
        Verify.At(0, "UPG304", "'AskAsync' awaits one client's reply and can't be called on Group(…): call it on Connection(id) or connection.Client<T>()"));

    [Theory]
    [InlineData("clients.All.{|UPG304:AskAsync|}(\"\")")]
    [InlineData("clients.Except(connection).{|UPG304:AskAsync|}(\"\")")]
    [InlineData("(clients.Group(\"a\", except: connection)).{|UPG304:AskAsync|}(\"\")")]
    [InlineData("((IEvents)clients.All).{|UPG304:AskAsync|}(\"\")")]
    [InlineData("clients?.All.{|UPG304:AskAsync|}(\"\")")]
    [InlineData("clients?.Group(\"a\")?.{|UPG304:AskAsync|}(\"\")")]
    [InlineData("clients.Group(\"a\")?.{|UPG304:AskAsync|}(\"\")")]
    public Task Every_way_to_several_connections_is_reported(string expression) => Verify.VerifyAsync(
        Contract + $"class S(IClients<IEvents> clients, UpgradeConnection connection) {{ object? M() => {expression}; object C => connection; }}");

    [Fact]
    public Task A_local_is_followed() => Verify.VerifyAsync(
        Contract + """
        class S(IClients<IEvents> clients)
        {
            async Task M()
            {
                var group = clients.Group("a");
                await group.SaidAsync("");
                await group.{|UPG304:AskAsync|}("");
            }
        }
        """);

    [Fact]
    public Task A_request_that_the_contract_inherits_is_reported() => Verify.VerifyAsync(
        Contract + """
        [ClientContract] public interface IMore : IEvents;
        class S(IClients<IMore> clients) { ValueTask<string> M() => clients.All.{|UPG304:AskAsync|}(""); }
        """);

    [Theory]
    [InlineData("clients.Group(\"a\").SaidAsync(\"\")")]
    [InlineData("clients.All.SentAsync(\"\")")]
    [InlineData("clients.Connection(\"id\").AskAsync(\"\")")]
    [InlineData("clients.User(\"id\").AskAsync(\"\")")]
    [InlineData("connection.Client<IEvents>().AskAsync(\"\")")]
    [InlineData("plain.All.AskAsync(\"\")")]
    [InlineData("clients.All.ToString()")]
    public Task Pushes_and_single_connections_are_left_alone(string expression) => Verify.VerifyAsync(
        Contract + $"class S(IClients<IEvents> clients, IClients<IPlain> plain, UpgradeConnection connection) {{ object? M() => {expression}; object[] C => [connection, clients, plain]; }}");

    [Fact]
    public Task A_local_that_may_be_another_target_is_left_alone() => Verify.VerifyAsync(
        Contract + """
        class S(IClients<IEvents> clients)
        {
            ValueTask<string> M(bool one)
            {
                var target = clients.All;
                if (one)
                {
                    target = clients.Connection("id");
                }

                return target.AskAsync("");
            }
        }
        """);

    [Fact]
    public Task An_interface_of_another_namespace_is_left_alone() => Verify.VerifyAsync(
        Contract + """
        namespace Other
        {
            interface IClients<T> { T All { get; } }
            class S(IClients<IEvents> clients) { ValueTask<string> M() => clients.All.AskAsync(""); }
        }
        """);

    [Theory]
    [InlineData("clients.Group(\"a\").AskAsync(")]
    [InlineData("clients.Group(\"a\").")]
    [InlineData("clients.Group().Missing(\"\")")]
    [InlineData("Missing.All.AskAsync(\"\")")]
    public Task Unfinished_calls_throw_nothing(string expression) => Verify.VerifyIncompleteAsync(
        Contract + $"class S(IClients<IEvents> clients) {{ object M() => {expression}; }}");
}
