using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.DeclarationAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg003Tests
{
    [Fact]
    public Task An_abstract_class_is_reported_at_its_name() => Verify.VerifyAsync(
        """
        [UpgradeProtocol("a")]
        abstract class {|#0:Handler|}
        {
            [Message("a")] public void M() { }
        }
        """,
        Verify.At(0, "UPG003", "The handler 'Handler' can't be created: it is abstract; make it concrete, or move [UpgradeProtocol] to a derived class"));

    [Theory]
    [InlineData("static class {|UPG003:Handler|} { [Message(\"a\")] public static void M() { } }")]
    [InlineData("class {|UPG003:Handler|}<T> { [Message(\"a\")] public void M() { } }")]
    [InlineData("file class {|UPG003:Handler|} { [Message(\"a\")] public void M() { } }")]
    [InlineData("class {|UPG003:Handler|} { private Handler() { } [Message(\"a\")] public void M() { } }")]
    [InlineData("class {|UPG003:Handler|} { public Handler(ref int x) { } [Message(\"a\")] public void M() { } }")]
    [InlineData("class {|UPG003:Handler|} { public required string Name { get; set; } [Message(\"a\")] public void M() { } }")]
    [InlineData("[Obsolete(\"x\", true)] class {|UPG003:Handler|} { [Message(\"a\")] public void M() { } }")]
    public Task A_class_that_cannot_be_created_is_reported(string handler) => Verify.VerifyAsync("[UpgradeProtocol(\"a\")] " + handler);

    [Theory]
    [InlineData("private")]
    [InlineData("protected")]
    [InlineData("private protected")]
    public Task An_inaccessible_class_is_reported(string accessibility) => Verify.VerifyAsync(
        $$"""
        class Outer
        {
            [UpgradeProtocol("a")]
            {{accessibility}} class {|UPG003:Handler|}
            {
                [Message("a")] public void M() { }
            }
        }
        """);

    [Fact]
    public Task A_class_in_an_inaccessible_class_is_reported() => Verify.VerifyAsync(
        """
        class Outer
        {
            private class Inner
            {
                [UpgradeProtocol("a")]
                public class {|UPG003:Handler|}
                {
                    [Message("a")] public void M() { }
                }
            }
        }
        """);

    [Theory]
    [InlineData("public sealed class Handler { [Message(\"a\")] public void M() { } }")]
    [InlineData("record Handler(IServiceProvider Services) { [Message(\"a\")] public void M() { } }")]
    [InlineData("class Handler(IServiceProvider services) { [Message(\"a\")] public object M() => services.GetHashCode(); }")]
    [InlineData("class Handler { internal Handler() { } [Message(\"a\")] public void M() { } }")]
    [InlineData("class Handler { private Handler(int x) { } public Handler() { } [Message(\"a\")] public void M() { } }")]
    [InlineData("[Obsolete(\"x\")] class Handler { [Message(\"a\")] public void M() { } }")]
    [InlineData("partial class Handler { [Message(\"a\")] public void M() { } } partial class Handler;")]
    public Task A_class_that_can_be_created_is_left_alone(string handler) => Verify.VerifyAsync("[UpgradeProtocol(\"a\")] " + handler);

    [Fact]
    public Task An_accessible_nested_class_is_left_alone() => Verify.VerifyAsync(
        """
        class Outer
        {
            [UpgradeProtocol("a")]
            protected internal class Handler
            {
                [Message("a")] public void M() { }
            }
        }
        """);

    [Fact]
    public Task An_attribute_of_another_namespace_is_left_alone() => Verify.VerifyAsync(
        """
        namespace Other
        {
            class UpgradeProtocolAttribute : Attribute;
            [UpgradeProtocol] abstract class Handler;
        }
        """);

    [Theory]
    [InlineData("class Handler { public Handler(Missing x) { } [Message(\"a\")] public void M() { } }")]
    [InlineData("class Handler { public Handler( ")]
    [InlineData("class Handler(Missing x) : Missing { [Message(\"a\")] public void M() { } }")]
    public Task An_unfinished_class_is_left_alone(string handler) => Verify.VerifyIncompleteAsync("[UpgradeProtocol(Missing)] " + handler);
}
