using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.DeclarationAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg301Tests
{
    [Fact]
    public Task A_method_without_a_task_is_reported_at_its_name() => Verify.VerifyAsync(
        """
        [ClientContract]
        interface IEvents
        {
            [Message("said")] void {|#0:Said|}(string text);
        }
        """,
        Verify.At(0, "UPG301", "'IEvents.Said' returns 'void': return ValueTask or ValueTask<SendResult> for a push, ValueTask<T> for a request"));

    [Fact]
    public Task A_class_named_as_client_is_reported_at_Client() => Verify.VerifyAsync(
        """
        class Events;

        [UpgradeProtocol("a", Client = {|UPG301:typeof(Events)|})]
        class Handler
        {
            [Message("a")] public void M() { }
        }
        """);

    [Fact]
    public Task An_interface_without_the_attribute_is_reported() => Verify.VerifyAsync(
        """
        interface IEvents;

        [UpgradeProtocol("a", Client = {|UPG301:typeof(IEvents)|})]
        class Handler
        {
            [Message("a")] public void M() { }
        }
        """);

    [Theory]
    [InlineData("ValueTask {|UPG301:MAsync|}();")]
    [InlineData("[Message(\"a\")] int {|UPG301:M|}();")]
    [InlineData("[Message(\"a\")] IAsyncEnumerable<int> {|UPG301:M|}();")]
    [InlineData("[Message(\"a\")] ValueTask MAsync(int x, int {|UPG301:y|});")]
    [InlineData("[Message(\"a\")] ValueTask MAsync(ref int {|UPG301:x|});")]
    [InlineData("[Message(\"a\")] static abstract ValueTask {|UPG301:MAsync|}();")]
    public Task A_method_that_cannot_be_sent_is_reported(string code) => Verify.VerifyAsync(
        "[ClientContract] interface IEvents { " + code + " }");

    [Theory]
    [InlineData("[Message(\"a\")] ValueTask MAsync();")]
    [InlineData("[Message(\"a\")] Task MAsync(int x);")]
    [InlineData("[Message(\"a\")] ValueTask<SendResult> MAsync(string x, CancellationToken ct);")]
    [InlineData("[Message(\"a\")] ValueTask<int> MAsync(CancellationToken ct, byte[] x);")]
    [InlineData("[Message(7)] ValueTask MAsync(ReadOnlyMemory<byte> x);")]
    [InlineData("[Message] ValueTask MAsync(string x);")]
    [InlineData("[Message(\"a\")] ValueTask MAsync(); ValueTask TwiceAsync() => MAsync();")]
    public Task A_method_that_can_be_sent_is_left_alone(string code) => Verify.VerifyAsync(
        "[ClientContract] interface IEvents { " + code + " }");

    [Fact]
    public Task An_attribute_of_another_namespace_is_left_alone() => Verify.VerifyAsync(
        """
        namespace Other
        {
            class ClientContractAttribute : Attribute;

            [ClientContract]
            interface IEvents
            {
                void M();
                int Property { get; }
            }
        }
        """);

    [Theory]
    [InlineData("[Message(\"a\")] ValueTask<Missing> MAsync();")]
    [InlineData("[Message(\"a\")] Missing MAsync();")]
    [InlineData("[Message(\"a\")] ValueTask MAsync(Missing x);")]
    [InlineData("[Message(Missing)] ValueTask MAsync();")]
    [InlineData("[Message(\"a\")] ValueTask")]
    [InlineData("[Message(\"a\")] ValueTask MAsync(ref );")]
    public Task Unfinished_methods_are_left_alone(string code) => Verify.VerifyIncompleteAsync(
        "[ClientContract] interface IEvents { " + code + " }");
}
