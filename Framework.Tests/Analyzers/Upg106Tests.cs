using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.StrayAttributeAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg106Tests
{
    [Fact]
    public Task A_class_without_the_attribute_is_reported_once() => Verify.VerifyAsync(
        """
        class Handler
        {
            [{|#0:OnConnected|}] public void Connected() { }
            [Message("say")] public void Say(string text) { }
        }
        """,
        Verify.At(0, "UPG106", "[OnConnected] has no effect in 'Handler': mark the class with [UpgradeProtocol], or remove the attribute"));

    [Theory]
    [InlineData("Message(\"a\")")]
    [InlineData("Message(7)")]
    [InlineData("Message")]
    [InlineData("OnUpgrading")]
    [InlineData("OnUpgraded")]
    [InlineData("Background")]
    [InlineData("OnDisconnected")]
    public Task Every_method_attribute_is_reported(string attribute) => Verify.VerifyAsync(
        $$"""
        class Handler
        {
            [{|UPG106:{{attribute}}|}] public void M() { }
        }
        """);

    [Fact]
    public Task The_diagnostic_of_a_struct_suggests_moving_the_method() => Verify.VerifyAsync(
        """
        struct Handler
        {
            [{|#0:Message("a")|}] public void M() { }
        }
        """,
        Verify.At(0, "UPG106", "[Message] has no effect in 'Handler': move it to a class with [UpgradeProtocol], or remove the attribute"));

    [Fact]
    public Task The_diagnostic_of_an_interface_suggests_ClientContract() => Verify.VerifyAsync(
        """
        interface IEvents
        {
            [{|#0:Message("said")|}] ValueTask SaidAsync(string text);
        }
        """,
        Verify.At(0, "UPG106", "[Message] has no effect in 'IEvents': mark the interface with [ClientContract], or remove the attribute"));

    [Fact]
    public Task A_static_class_is_reported_though_it_is_abstract_to_the_runtime() => Verify.VerifyAsync(
        """
        static class Handlers
        {
            [{|UPG106:Message("a")|}] public static void M() { }
        }
        """);

    [Fact]
    public Task An_extension_block_is_reported_once() => Verify.VerifyAsync(
        """
        static class Extensions
        {
            extension(string text)
            {
                [{|UPG106:Message("a")|}] public void M() { }
            }
        }
        """);

    [Fact]
    public Task A_class_that_derives_from_a_handler_is_not_a_handler() => Verify.VerifyAsync(
        """
        [UpgradeProtocol("a")]
        class Handler
        {
            [Message("a")] public virtual void M() { }
        }

        class Derived : Handler
        {
            [{|UPG106:Message("a")|}] public override void M() { }
        }
        """);

    [Fact]
    public Task Handlers_and_contracts_are_left_alone() => Verify.VerifyAsync(
        """
        [UpgradeProtocol("a")]
        class Handler
        {
            [Message("a")] public void M() { }
            [OnDisconnected] public void Gone() { }
        }

        [ClientContract]
        interface IEvents
        {
            [Message("said")] ValueTask SaidAsync(string text);
        }
        """);

    [Fact]
    public Task Part_of_a_handler_in_another_file_is_left_alone() => Verify.VerifyFilesAsync(
    [
        "partial class Handler { [Message(\"a\")] public void M() { } }",
        "[UpgradeProtocol(\"a\")] partial class Handler;",
    ]);

    [Fact]
    public Task A_method_that_a_handler_inherits_is_left_alone() => Verify.VerifyAsync(
        """
        class Base<T>
        {
            [Message("a")] public void M(T payload) { }
        }

        class Middle : Base<string>
        {
            [Message("b")] public void M() { }
        }

        [UpgradeProtocol("a")] class Handler : Middle;
        """);

    [Fact]
    public Task A_method_that_a_contract_inherits_is_left_alone() => Verify.VerifyAsync(
        """
        interface IBase
        {
            [Message("a")] ValueTask MAsync();
        }

        [ClientContract] interface IEvents : IBase;
        """);

    [Fact]
    public Task An_abstract_class_may_have_its_handlers_elsewhere() => Verify.VerifyAsync(
        """
        public abstract class Base
        {
            [Message("a")] public void M() { }
        }
        """);

    [Fact]
    public Task Attributes_of_another_namespace_are_left_alone() => Verify.VerifyAsync(
        """
        namespace Other
        {
            class MessageAttribute(string name) : Attribute
            {
                public string Name => name;
            }

            class OnConnectedAttribute : Attribute;

            class Handler
            {
                [Message("a")] public void M() { }
                [OnConnected] public void Connected() { }
            }
        }
        """);

    [Theory]
    [InlineData("[UpgradeProtoc]")]
    [InlineData("[UpgradeProtocol(]")]
    [InlineData("[Missing]")]
    public Task A_class_whose_attribute_is_unfinished_is_left_alone(string attribute) => Verify.VerifyIncompleteAsync(
        $$"""
        {{attribute}}
        class Handler
        {
            [Message("a")] public void M() { }
        }
        """);
}
