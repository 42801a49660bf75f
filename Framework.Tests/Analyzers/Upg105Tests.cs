using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.DeclarationAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg105Tests
{
    [Fact]
    public Task A_private_method_is_reported_at_its_name() => Verify.VerifyAsync(
        """
        [UpgradeProtocol("a")]
        class Handler
        {
            [Message("a")] private void {|#0:M|}() { }
        }
        """,
        Verify.At(0, "UPG105", "'Handler.M' is not accessible to generated code: make it internal or public"));

    [Theory]
    [InlineData("[Message(\"a\")] void {|UPG105:M|}() { }")]
    [InlineData("[Message(\"a\")] protected void {|UPG105:M|}() { }")]
    [InlineData("[OnConnected] private void {|UPG105:M|}() { }")]
    [InlineData("[Message(\"a\")] public void {|UPG105:M|}<T>() { }")]
    [InlineData("[Message(\"a\")] public void M(ref int {|UPG105:x|}) { }")]
    [InlineData("[Message(\"a\")] public void M(out int {|UPG105:x|}) => x = 1;")]
    [InlineData("[Message(\"a\")] public void M(ref readonly int {|UPG105:x|}) { }")]
    [InlineData("[Obsolete(\"x\", true), Message(\"a\")] public void {|UPG105:M|}() { }")]
    public Task A_method_that_generated_code_cannot_call_is_reported(string method) => Verify.VerifyAsync(
        $$"""
        [UpgradeProtocol("a")]
        class Handler
        {
            {{method}}
        }
        """);

    [Theory]
    [InlineData("[Message(\"a\")] public void M() { }")]
    [InlineData("[Message(\"a\")] internal void M() { }")]
    [InlineData("[Message(\"a\")] protected internal void M() { }")]
    [InlineData("[Message(\"a\")] public static void M() { }")]
    [InlineData("[Message(\"a\")] public void M(in int x) { }")]
    [InlineData("[Message(\"a\")] public void M(params int[] x) { }")]
    [InlineData("[Obsolete(\"x\"), Message(\"a\")] public void M() { }")]
    [InlineData("[OnConnected] public void Connected() { } private void M<T>(ref T x) { }")]
    public Task A_method_that_generated_code_can_call_is_left_alone(string method) => Verify.VerifyAsync(
        $$"""
        [UpgradeProtocol("a")]
        class Handler
        {
            {{method}}
        }
        """);

    [Fact]
    public Task An_authorization_attribute_that_generated_code_cannot_name_is_reported() => Verify.VerifyAsync(
        """
        namespace Microsoft.AspNetCore.Authorization
        {
            public interface IAuthorizeData;
        }

        [UpgradeProtocol("a")]
        class Handler
        {
            private sealed class MineAttribute : Attribute, Microsoft.AspNetCore.Authorization.IAuthorizeData;
            internal sealed class OursAttribute : Attribute, Microsoft.AspNetCore.Authorization.IAuthorizeData;
            private sealed class OtherAttribute : Attribute;

            [Message("a"), Mine] public void {|#0:A|}() { }
            [Message("b"), Ours] public void B() { }
            [Message("c"), Other] public void C() { }
        }
        """,
        Verify.At(0, "UPG105", "'Handler.A' has the attribute MineAttribute, which is not accessible to generated code: make it internal or public"));

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
                [Message("a")] private void M<T>(ref T x) { }
            }
        }
        """);

    [Theory]
    [InlineData("[Message(\"a\")] public void M<>() { }")]
    [InlineData("[Message(\"a\")] public void M(ref ) { }")]
    [InlineData("[Message(\"a\")] public void (int x) { }")]
    public Task An_unfinished_method_throws_nothing(string method) => Verify.VerifyIncompleteAsync(
        $$"""
        [UpgradeProtocol("a")]
        class Handler
        {
            {{method}}
        }
        """);
}
