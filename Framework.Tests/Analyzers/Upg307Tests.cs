using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.PushReachAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

/// <summary>UPG307 and UPG308: the versions that a push reaches.</summary>
public class Upg307Tests
{
    private const string Versions = """
        [ClientContract] public interface IEvents { [Message("said", Versions = ["v2"])] ValueTask SaidAsync(string text); [Message("tick")] ValueTask TickAsync(); }
        [UpgradeProtocol("v1", Client = typeof(IEvents))]
        [UpgradeProtocol("v2", Client = typeof(IEvents))]
        [UpgradeProtocol(Path = "/d", Client = typeof(IEvents))]
        public class H { [OnConnected] public void C() { } }

        """;

    [Fact]
    public Task A_push_that_a_version_lacks_is_an_info_at_the_call() => Verify.VerifyAsync(
        Versions + """
        class Service(IClients<IEvents> clients)
        {
            public ValueTask Say() => {|#0:clients.All.SaidAsync("a")|};
            public ValueTask Tell(UpgradeConnection connection) => {|#1:connection.Client<IEvents>().SaidAsync("a")|};
            public ValueTask Tick() => clients.Group("a").TickAsync();
        }
        """,
        Verify.At(0, "UPG307", "'SaidAsync' doesn't reach connections of 'v1', the default of '/d': add them to its Versions if they have the message"),
        Verify.At(1, "UPG307", "'SaidAsync' doesn't reach connections of 'v1', the default of '/d': add them to its Versions if they have the message"));

    [Fact]
    public Task A_version_that_does_not_exist_is_reported() => Verify.VerifyAsync(
        Versions.Replace("Versions = [\"v2\"]", "Versions = {|#0:[\"v2\", \"v3\"]|}"),
        Verify.At(0, "UPG308", "Versions of 'SaidAsync' has 'v3', but no protocol with this name has Client = typeof(IEvents): use one of 'v1', 'v2'"));

    [Fact]
    public Task Versions_of_a_contract_that_others_name_are_left_alone() => Verify.VerifyAsync(
        "[ClientContract] public interface IEvents { [Message(\"said\", Versions = [\"v9\"])] ValueTask SaidAsync(string text); }");

    [Fact]
    public Task Pushes_of_another_library_are_left_alone() => Verify.VerifyAsync(
        Versions + """
        namespace Other
        {
            class MessageAttribute(string name) : Attribute { public string Name => name; public string[]? Versions { get; set; } }
            interface IEvents { [Message("said", Versions = ["v2"])] ValueTask SaidAsync(string text); }
            class Service(IEvents events) { public ValueTask Say() => events.SaidAsync("a"); }
        }
        """);

    [Theory]
    [InlineData("class Service(IClients<IEvents> clients) { void M() => clients.All.SaidAsync(")]
    [InlineData("[ClientContract] interface IX { [Message(\"x\", Versions = [)] ValueTask X(); }")]
    public Task Unfinished_pushes_throw_nothing(string source) => Verify.VerifyIncompleteAsync(Versions.Replace(", Versions = [\"v2\"]", "") + source);
}
