using Verify = UpgradeProtocols.Tests.Analyzers.CodeFixVerifier<UpgradeProtocols.Analyzers.DeclarationAnalyzer, UpgradeProtocols.CodeFixes.ShowMethodFix>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg105FixTests
{
    private const string Source = """
        [UpgradeProtocol("a")]
        class Handler
        {
            [Message("a")] private void {|UPG105:A|}() { }

            // the other
            [Message("b")]
            void {|UPG105:B|}() { }
            [OnConnected] protected static void {|UPG105:C|}() { }
        }
        """;

    [Fact]
    public Task All_methods_become_internal() => Verify.VerifyAsync(
        Source,
        """
        [UpgradeProtocol("a")]
        class Handler
        {
            [Message("a")] internal void A() { }

            // the other
            [Message("b")]
            internal void B() { }
            [OnConnected] internal static void C() { }
        }
        """);

    [Fact]
    public Task All_methods_become_public() => Verify.VerifyAsync(
        Source,
        """
        [UpgradeProtocol("a")]
        class Handler
        {
            [Message("a")] public void A() { }

            // the other
            [Message("b")]
            public void B() { }
            [OnConnected] public static void C() { }
        }
        """,
        action: 1);

    [Theory]
    [InlineData("[Message(\"a\")] public void {|UPG105:M|}<T>() { }")]
    [InlineData("[Message(\"a\")] public void M(ref int {|UPG105:x|}) { }")]
    [InlineData("[Obsolete(\"x\", true), Message(\"a\")] public void {|UPG105:M|}() { }")]
    public Task No_fix_is_offered_for_an_accessible_method(string method) => Verify.VerifyNoFixAsync(
        "[UpgradeProtocol(\"a\")] class Handler { " + method + " }");

    [Fact]
    public Task No_fix_is_offered_for_an_override() => Verify.VerifyNoFixAsync(
        """
        abstract class Base
        {
            protected abstract void M();
        }

        [UpgradeProtocol("a")]
        class Handler : Base
        {
            [Message("a")] protected override void {|UPG105:M|}() { }
        }
        """);
}
