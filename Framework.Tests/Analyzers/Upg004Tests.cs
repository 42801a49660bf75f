using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.DeclarationAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg004Tests
{
    [Fact]
    public Task A_handler_without_methods_is_reported() => Verify.VerifyAsync(
        """
        [UpgradeProtocol("a")]
        class {|#0:Handler|}
        {
            public void M() { }
        }
        """,
        Verify.At(0, "UPG004", "The handler 'Handler' has no message or lifecycle method: add a method with [Message], [OnConnected] or [OnUpgraded]"));

    [Fact]
    public Task Attributes_of_another_namespace_do_not_count() => Verify.VerifyAsync(
        """
        namespace Other
        {
            class MessageAttribute : Attribute;

            [UpgradeProtocol("a")]
            class {|UPG004:Handler|}
            {
                [Message] public void M() { }
            }
        }
        """);

    [Theory]
    [InlineData("[Message(\"a\")] public void M() { }")]
    [InlineData("[OnConnected] public void M() { }")]
    [InlineData("[OnDisconnected] public void M() { }")]
    [InlineData("[OnUpgrading] public UpgradeResult M() => UpgradeResult.Accept();")]
    [InlineData("[Background] public Task M() => Task.CompletedTask;")]
    public Task One_method_is_enough(string method) => Verify.VerifyAsync(
        "[UpgradeProtocol(\"a\")] class Handler { " + method + " }");

    [Fact]
    public Task An_inherited_method_is_enough() => Verify.VerifyAsync(
        """
        abstract class Base
        {
            [Message("a")] public void M() { }
        }

        [UpgradeProtocol("a")] class Handler : Base;
        """);

    [Fact]
    public Task A_method_in_another_part_is_enough() => Verify.VerifyFilesAsync(
    [
        "[UpgradeProtocol(\"a\")] partial class Handler;",
        "partial class Handler { [OnConnected] public void M() { } }",
    ]);

    [Fact]
    public Task A_class_without_the_attribute_is_left_alone() => Verify.VerifyAsync("class Handler;");

    [Fact]
    public Task An_unfinished_attribute_is_left_alone() => Verify.VerifyIncompleteAsync("[UpgradeProtocol(\"a\", Path = )] class Handler { }");
}
