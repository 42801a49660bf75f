using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.HiddenBaseMethodAnalyzer>;
using VerifyDeclaration = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.DeclarationAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

/// <summary>Methods of base classes that generated code can't call: hidden ones, and inaccessible ones of another assembly.</summary>
public class Upg105BaseTests
{
    [Fact]
    public Task An_inaccessible_method_of_another_assembly_is_reported_at_the_handler() => Verify.VerifyWithAsync(
        TestReferences.Library("Library", "public class Base<T> { [Message(\"a\")] private void Secret(int x) { } [Message(\"b\")] public void B() { } internal void C() { } }"),
        "[UpgradeProtocol(\"a\")] class {|#0:Handler|} : Base<int>;",
        Verify.At(
            0,
            "UPG105",
            "'Base.Secret' has [Message] but is not accessible from this assembly, so it is never called for 'Handler': make it public or protected internal, or override the base method that calls it"));

    [Theory]
    [InlineData("[OnDisconnected] internal void Gone() { }", "{|UPG105:Handler|}")]
    [InlineData("[Background] private static Task Gone() => Task.CompletedTask;", "{|UPG105:Handler|}")]
    [InlineData("[Obsolete] private void Gone() { }", "Handler")]
    [InlineData("[Message(\"x\")] public void Gone() { }", "Handler")]
    public Task Each_kind_of_method_is_distinguished(string method, string handler) => Verify.VerifyWithAsync(
        TestReferences.Library("Library", "public class First { " + method + " } public class Base : First;"),
        "[UpgradeProtocol(\"a\")] class " + handler + " : Base { [Message(\"own\")] private void Own() { } }");

    [Fact]
    public Task A_method_shown_by_InternalsVisibleTo_is_left_alone() => Verify.VerifyWithAsync(
        TestReferences.Library("Library", "[assembly: InternalsVisibleTo(\"TestProject\")] public class Base { [Message(\"a\")] internal void A() { } }"),
        "[UpgradeProtocol(\"a\")] class Handler : Base;");

    [Fact]
    public Task A_method_that_hides_one_with_an_attribute_is_reported() => VerifyDeclaration.VerifyAsync(
        """
        class Base { [Message("a")] public void M() { } [OnConnected] public void C() { } [Message("n")] public void N() { } }

        [UpgradeProtocol("a")]
        class Handler : Base
        {
            public new void {|#0:M|}() { }
            public new void {|#1:C|}() { }
            [Message("n")] public new void N() { }
            public void M(int other) { }
        }
        """,
        VerifyDeclaration.At(0, "UPG105", "'Handler.M' hides 'Base.M', so the hidden method is never called: override it, repeat the attribute, or rename one of them"),
        VerifyDeclaration.At(1, "UPG105", "'Handler.C' hides 'Base.C', so the hidden method is never called: override it, repeat the attribute, or rename one of them"));

    [Fact]
    public Task A_private_method_of_a_base_class_is_reported_although_another_has_its_name() => VerifyDeclaration.VerifyAsync(
        """
        class Base { [Message("a")] private void {|UPG105:M|}() { } public virtual void V() { } }

        [UpgradeProtocol("a")]
        class Handler : Base
        {
            public void M() { }
            [Message("v")] public override void V() { }
        }
        """);

    [Fact]
    public Task Empty_Versions_are_reported() => VerifyDeclaration.VerifyAsync(
        "[UpgradeProtocol(\"a\")] class Handler { [Message(\"a\", Versions = {|UPG105:[]|})] public void M() { } }");
}
