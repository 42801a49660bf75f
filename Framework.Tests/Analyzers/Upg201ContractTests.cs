using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.ContractPayloadAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg201ContractTests
{
    private const string Context = JsonContextSource.Generated + """
        public record Known(int X);

        [JsonSerializable(typeof(Known))]
        partial class ChatJson;

        """;

    [Theory]
    [InlineData("[Message(\"a\")] ValueTask MAsync(Unknown {|UPG201:x|});")]
    [InlineData("[Message(\"a\")] ValueTask MAsync(List<Known> {|UPG201:x|}, CancellationToken ct);")]
    [InlineData("[Message(\"a\")] ValueTask<Unknown> {|UPG201:MAsync|}(Known x);")]
    [InlineData("[Message(\"a\", Versions = [\"chat\"])] ValueTask MAsync(Unknown {|UPG201:x|});")]
    public Task A_type_that_the_context_lacks_is_reported(string method) => VerifyAsync(method);

    [Theory]
    [InlineData("[Message(\"a\")] ValueTask MAsync(Known x);")]
    [InlineData("[Message(\"a\")] ValueTask<Known> MAsync(CancellationToken ct);")]
    [InlineData("[Message(\"a\")] ValueTask<SendResult> MAsync(int x);")]
    [InlineData("[Message(\"a\")] ValueTask MAsync(string x);")]
    [InlineData("[Message(\"a\", Versions = [\"other\"])] ValueTask MAsync(Unknown x);")]
    [InlineData("void Helper(Unknown x) { }")]
    public Task A_type_that_the_context_has_is_left_alone(string method) => VerifyAsync(method);

    [Fact]
    public Task A_contract_of_another_assembly_is_reported_at_Client() => Verify.VerifyWithAsync(
        TestReferences.Library("Contracts", "public record Said(string Text); [ClientContract] public interface IEvents { [Message(\"a\")] ValueTask MAsync(Said said); }"),
        Context + """
        [UpgradeProtocol("chat", JsonContext = typeof(ChatJson), Client = {|#0:typeof(IEvents)|})]
        class Handler;
        """,
        Verify.At(0, "UPG201", "'Said' is not in 'ChatJson': add [JsonSerializable(typeof(Said))] to it"));

    [Fact]
    public Task A_protocol_without_a_context_is_left_alone() => Verify.VerifyAsync(
        """
        public record Said(string Text);
        [ClientContract] interface IEvents { [Message("a")] ValueTask MAsync(Said said); }
        [UpgradeProtocol("chat", Client = typeof(IEvents))] class Handler;
        """);

    [Fact]
    public Task Unfinished_types_are_left_alone() => Verify.VerifyIncompleteAsync(
        Context + """
        [ClientContract] interface IEvents { [Message("a")] ValueTask<Missing> MAsync(Missing x); }
        [UpgradeProtocol("chat", JsonContext = typeof(ChatJson), Client = typeof(IEvents))] class Handler;
        [UpgradeProtocol("b", JsonContext = typeof(Missing), Client = typeof(Missing))] class Other;
        """);

    private static Task VerifyAsync(string method) => Verify.VerifyAsync(
        Context + $$"""
        public record Unknown;

        [ClientContract]
        public interface IEvents
        {
            {{method}}
        }

        [UpgradeProtocol("chat", JsonContext = typeof(ChatJson), Client = typeof(IEvents))]
        class Handler;
        """);
}
