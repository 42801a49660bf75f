using Verify = UpgradeProtocols.Tests.Analyzers.CodeFixVerifier<UpgradeProtocols.Analyzers.DeclarationAnalyzer, UpgradeProtocols.CodeFixes.ShowHandlerFix>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg003FixTests
{
    [Theory]
    [InlineData(0, "internal")]
    [InlineData(1, "public")]
    public Task Inaccessible_classes_become_accessible_with_their_outer_classes(int action, string accessibility) => Verify.VerifyAsync(
        """
        class Outer
        {
            private class Inner
            {
                [UpgradeProtocol("a")]
                private sealed class {|UPG003:Handler|}
                {
                    [Message("a")] public void M() { }
                }
            }
        }
        """,
        $$"""
        class Outer
        {
            {{accessibility}} class Inner
            {
                [UpgradeProtocol("a")]
                {{accessibility}} sealed class Handler
                {
                    [Message("a")] public void M() { }
                }
            }
        }
        """,
        action);

    [Fact]
    public Task A_file_local_class_becomes_internal() => Verify.VerifyAsync(
        """
        // The room.
        [UpgradeProtocol("a")]
        file sealed class {|UPG003:Handler|}
        {
            [Message("a")] public void M() { }
        }
        """,
        """
        // The room.
        [UpgradeProtocol("a")]
        internal sealed class Handler
        {
            [Message("a")] public void M() { }
        }
        """);

    [Fact]
    public Task The_only_constructor_becomes_accessible() => Verify.VerifyAsync(
        """
        [UpgradeProtocol("a")]
        class {|UPG003:Handler|}
        {
            private Handler() { }
            [Message("a")] public void M() { }
        }
        """,
        """
        [UpgradeProtocol("a")]
        class Handler
        {
            internal Handler() { }
            [Message("a")] public void M() { }
        }
        """);

    [Theory]
    [InlineData("abstract class {|UPG003:Handler|} { [Message(\"a\")] public void M() { } }")]
    [InlineData("static class {|UPG003:Handler|} { [Message(\"a\")] public static void M() { } }")]
    [InlineData("class {|UPG003:Handler|}<T> { [Message(\"a\")] public void M() { } }")]
    [InlineData("class {|UPG003:Handler|} { private Handler() { } private Handler(int x) { } [Message(\"a\")] public void M() { } }")]
    [InlineData("class {|UPG003:Handler|} { public required int X { get; set; } [Message(\"a\")] public void M() { } }")]
    public Task No_fix_is_offered_for_an_accessible_class(string handler) => Verify.VerifyNoFixAsync("[UpgradeProtocol(\"a\")] " + handler);
}
