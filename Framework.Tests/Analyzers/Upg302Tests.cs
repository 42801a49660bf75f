using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.DeclarationAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg302Tests
{
    [Fact]
    public Task A_property_is_reported_at_its_name() => Verify.VerifyAsync(
        """
        [ClientContract]
        interface IEvents
        {
            int {|#0:Count|} { get; }
        }
        """,
        Verify.At(0, "UPG302", "The client contract 'IEvents' has the property 'Count', which is not a message: remove it, or make it a method"));

    [Fact]
    public Task A_repeated_message_is_reported_at_the_later_method() => Verify.VerifyAsync(
        """
        [ClientContract]
        interface IEvents
        {
            [Message("said")] ValueTask SaidAsync(string text);
            [Message("said")] ValueTask {|#0:SpokenAsync|}(string text);
        }
        """,
        Verify.At(0, "UPG302", "The client contract 'IEvents' has the message 'said' twice, as 'SaidAsync' and 'SpokenAsync': rename one, or restrict it with Versions"));

    [Theory]
    [InlineData("[ClientContract] interface {|UPG302:IEvents|}<T> { [Message(\"a\")] ValueTask MAsync(); }")]
    [InlineData("[ClientContract] file interface {|UPG302:IEvents|} { [Message(\"a\")] ValueTask MAsync(); }")]
    [InlineData("class Outer { [ClientContract] private interface {|UPG302:IEvents|} { [Message(\"a\")] ValueTask MAsync(); } }")]
    public Task An_interface_that_generated_code_cannot_name_is_reported(string code) => Verify.VerifyAsync(code);

    [Theory]
    [InlineData("event Action {|UPG302:Said|};")]
    [InlineData("int {|UPG302:this|}[int x] { get; }")]
    [InlineData("[Message(\"a\")] ValueTask {|UPG302:MAsync|}<T>(T x);")]
    [InlineData("[Message(1)] ValueTask AAsync(); [Message(1)] ValueTask {|UPG302:BAsync|}();")]
    [InlineData("[Message(\"a\", Versions = [\"x\"])] ValueTask AAsync(); [Message(\"a\")] ValueTask {|UPG302:BAsync|}();")]
    public Task Members_that_are_not_messages_are_reported(string code) => Verify.VerifyAsync(
        "[ClientContract] interface IEvents { " + code + " }");

    [Theory]
    [InlineData("")]
    [InlineData("[Message(\"a\")] ValueTask AAsync(); [Message(\"b\")] ValueTask BAsync();")]
    [InlineData("[Message(\"a\")] ValueTask AAsync(); [Message(\"A\")] ValueTask BAsync();")]
    [InlineData("[Message(\"a\", Versions = [\"x\"])] ValueTask AAsync(); [Message(\"a\", Versions = [\"y\"])] ValueTask BAsync();")]
    [InlineData("[Message] ValueTask AAsync(string x); [Message] ValueTask BAsync(byte[] x);")]
    [InlineData("static int Count => 1;")]
    [InlineData("int Count => 1;")]
    public Task Messages_are_left_alone(string code) => Verify.VerifyAsync(
        "[ClientContract] interface IEvents { " + code + " }");

    [Fact]
    public Task Inherited_messages_count() => Verify.VerifyAsync(
        """
        interface IBase
        {
            [Message("a")] ValueTask AAsync();
        }

        [ClientContract]
        interface IEvents : IBase
        {
            [Message("b")] ValueTask BAsync();
        }
        """);

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
    [InlineData("[Message(\"a\")] ValueTask AAsync(); [Message(Missing)] ValueTask BAsync();")]
    [InlineData("[Message(\"a\")] ValueTask MAsync<")]
    [InlineData("int Count")]
    public Task Unfinished_members_throw_nothing(string code) => Verify.VerifyIncompleteAsync(
        "[ClientContract] interface IEvents { " + code + " }");
}
