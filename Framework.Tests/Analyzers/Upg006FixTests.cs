using Verify = UpgradeProtocols.Tests.Analyzers.CodeFixVerifier<UpgradeProtocols.Analyzers.DeclarationAnalyzer, UpgradeProtocols.CodeFixes.PrefixPathFix>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg006FixTests
{
    [Fact]
    public Task All_paths_get_their_slash() => Verify.VerifyAsync(
        """
        [UpgradeProtocol("a", Path = {|UPG006:"chat"|})]
        [UpgradeProtocol("b", Path = {|UPG006:@"chat/{room}"|} /* as before */)]
        [UpgradeProtocol("c", Path = {|UPG006:""|})]
        class Handler
        {
            [Message("a")] public void M() { }
        }
        """,
        """
        [UpgradeProtocol("a", Path = "/chat")]
        [UpgradeProtocol("b", Path = "/chat/{room}" /* as before */)]
        [UpgradeProtocol("c", Path = "/")]
        class Handler
        {
            [Message("a")] public void M() { }
        }
        """);

    [Fact]
    public Task Other_errors_of_the_path_stay() => Verify.VerifyAsync(
        """
        [UpgradeProtocol("a", Path = {|UPG006:"chat?x"|})]
        class Handler
        {
            [Message("a")] public void M() { }
        }
        """,
        """
        [UpgradeProtocol("a", Path = {|UPG006:"/chat?x"|})]
        class Handler
        {
            [Message("a")] public void M() { }
        }
        """);

    [Theory]
    [InlineData("{|UPG006:\"ws://localhost/chat\"|}")]
    [InlineData("{|UPG006:\"~/chat\"|}")]
    [InlineData("{|UPG006:\"/chat?x\"|}")]
    [InlineData("{|UPG006:\"/{x\"|}")]
    [InlineData("{|UPG006:Wrong|}")]
    [InlineData("{|UPG006:$\"{Wrong}/x\"|}")]
    public Task No_fix_is_offered_where_a_slash_does_not_help(string path) => Verify.VerifyNoFixAsync(
        $$"""
        [UpgradeProtocol("a", Path = {{path}})]
        class Handler
        {
            const string Wrong = "chat";
            [Message("a")] public void M() { }
        }
        """);

    [Fact]
    public Task No_fix_is_offered_at_a_parameter() => Verify.VerifyNoFixAsync(
        """
        [UpgradeProtocol("a", Path = "/a")]
        class Handler
        {
            [Message("a")] public void M([{|UPG006:FromRoute|}] string id) { }
        }
        """);
}
