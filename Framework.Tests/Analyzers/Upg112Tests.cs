using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.DeclarationAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg112Tests
{
    [Fact]
    public Task A_version_that_the_class_does_not_declare_is_reported_at_Versions() => Verify.VerifyAsync(
        """
        [UpgradeProtocol("v1")]
        [UpgradeProtocol("v2")]
        class Handler
        {
            [Message("a", Versions = {|#0:["v1", "v3"]|})] public void M() { }
        }
        """,
        Verify.At(0, "UPG112", "Versions of 'Handler.M' contains 'v3', which 'Handler' doesn't declare: use one of 'v1', 'v2'"));

    [Theory]
    [InlineData("[Message(\"a\", Versions = {|UPG112:[\"A\"]|})] public void M() { }")]
    [InlineData("[Message(\"a\", Versions = {|UPG112:new[] { \"\" }|})] public void M() { }")]
    public Task Names_are_compared_with_case(string method) => Verify.VerifyAsync(
        $$"""
        [UpgradeProtocol("a")]
        class Handler
        {
            {{method}}
        }
        """);

    [Theory]
    [InlineData("[Message(\"a\", Versions = [\"a\"])] public void M() { }")]
    [InlineData("[Message(\"a\", Versions = [\"a\", \"a\"])] public void M() { }")]
    [InlineData("[Message(\"a\", Versions = null)] public void M() { }")]
    [InlineData("[Message(\"a\", Versions = new[] { nameof(a) })] public void M() { } const int a = 1;")]
    [InlineData("[Message(\"a\")] public void M() { }")]
    public Task Declared_versions_are_left_alone(string method) => Verify.VerifyAsync(
        $$"""
        [UpgradeProtocol("a")]
        class Handler
        {
            {{method}}
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
                [Message("a", Versions = ["b"])] public void M() { }
            }
        }
        """);

    [Theory]
    [InlineData("[Message(\"a\", Versions = [Missing])] public void M() { }")]
    [InlineData("[Message(\"a\", Versions = [)] public void M() { }")]
    [InlineData("[Message(\"a\", Versions = \"b\")] public void M() { }")]
    public Task Unfinished_versions_are_left_alone(string method) => Verify.VerifyIncompleteAsync(
        $$"""
        [UpgradeProtocol("a")]
        class Handler
        {
            {{method}}
        }
        """);
}
