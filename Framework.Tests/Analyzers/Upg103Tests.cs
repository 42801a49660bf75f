using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.DeclarationAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg103Tests
{
    [Fact]
    public Task A_second_method_for_a_message_is_reported() => Verify.VerifyAsync(
        """
        [UpgradeProtocol("chat")]
        class Handler
        {
            [Message("say")] public void Say() { }
            [Message("say")] public void {|#0:Speak|}() { }
        }
        """,
        Verify.At(0, "UPG103", "'Handler.Say' and 'Handler.Speak' both take the message 'say' of 'chat': rename one, or restrict it with Versions"));

    [Theory]
    [InlineData("[Message] public void A(string x) { } [Message] public void {|UPG103:B|}(string x) { }")]
    [InlineData("[Message] public void A(byte[] x) { } [Message] public void {|UPG103:B|}(ReadOnlyMemory<byte> x) { }")]
    [InlineData("[Message] public void A(MessageKind kind, ReadOnlySpan<byte> x) { } [Message] public void {|UPG103:B|}(string x) { }")]
    [InlineData("[Message(\"a\")] public void M() { } [AnyMessage] public void A(int x) { } [AnyMessage] public void {|UPG103:B|}(string x) { }")]
    public Task Catch_alls_of_one_kind_of_frame_are_reported(string method) => Verify.VerifyAsync(
        $$"""
        [UpgradeProtocol("a")]
        class Handler
        {
            {{method}}
        }
        """);

    [Fact]
    public Task Versions_that_overlap_are_reported() => Verify.VerifyAsync(
        """
        [UpgradeProtocol("v1")]
        [UpgradeProtocol("v2")]
        class Handler
        {
            [Message("say", Versions = ["v2"])] public void New() { }
            [Message("say")] public void {|UPG103:Old|}() { }
        }
        """);

    [Theory]
    [InlineData("[Message(\"a\")] public void A() { } [Message(\"b\")] public void B() { }")]
    [InlineData("[Message(\"a\")] public void A() { } [Message(\"A\")] public void B() { }")]
    [InlineData("[Message] public void A(string x) { } [Message] public void B(byte[] x) { }")]
    [InlineData("[Message(\"a\")] public void A() { } [AnyMessage] public void B(string x) { }")]
    public Task Messages_that_differ_are_left_alone(string method) => Verify.VerifyAsync(
        $$"""
        [UpgradeProtocol("a")]
        class Handler
        {
            {{method}}
        }
        """);

    [Fact]
    public Task Methods_of_disjoint_versions_are_left_alone() => Verify.VerifyAsync(
        """
        [UpgradeProtocol("v1")]
        [UpgradeProtocol("v2")]
        class Handler
        {
            [Message("say", Versions = ["v2"])] public void New() { }
            [Message("say", Versions = ["v1"])] public void Old() { }
        }
        """);

    [Fact]
    public Task An_override_does_not_count_as_a_second_method() => Verify.VerifyAsync(
        """
        abstract class Base
        {
            [Message("a")] public virtual void M() { }
        }

        [UpgradeProtocol("a")]
        class Handler : Base
        {
            [Message("a")] public override void M() { }
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
                [Message("a")] public void A() { } [Message("a")] public void B() { }
            }
        }
        """);

    [Theory]
    [InlineData("[Message(\"a\")] public void A() { } [Message(Missing)] public void B() { }")]
    [InlineData("[Message(Missing)] public void A() { } [Message(Missing)] public void B() { }")]
    [InlineData("[Message(\"a\")] public void A() { } [Message(\"a\", Versions = )] public void B() { }")]
    public Task An_unfinished_name_is_left_alone(string method) => Verify.VerifyIncompleteAsync(
        $$"""
        [UpgradeProtocol("a")]
        class Handler
        {
            {{method}}
        }
        """);
}
