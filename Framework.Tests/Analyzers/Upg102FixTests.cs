using Verify = UpgradeProtocols.Tests.Analyzers.CodeFixVerifier<UpgradeProtocols.Analyzers.DeclarationAnalyzer, UpgradeProtocols.CodeFixes.MarkServiceFix>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg102FixTests
{
    [Fact]
    public Task All_services_are_marked() => Verify.VerifyAsync(
        """
        interface IStore;

        [UpgradeProtocol("a")]
        class Handler
        {
            [Message("a")] public void A(string text, IStore {|UPG102:store|}) { }

            [Message("b")]
            public void B(
                IStore {|UPG102:first|},
                /* the other */ IDisposable {|UPG102:second|})
            {
            }

            [OnConnected] public void Connected(IStore {|UPG111:store|}) { }
        }
        """,
        """
        interface IStore;

        [UpgradeProtocol("a")]
        class Handler
        {
            [Message("a")] public void A(string text, [FromServices] IStore store) { }

            [Message("b")]
            public void B(
                [FromServices] IStore first,
                /* the other */ [FromServices] IDisposable second)
            {
            }

            [OnConnected] public void Connected([FromServices] IStore store) { }
        }
        """);

    [Theory]
    [InlineData("[Message(\"a\")] public void M(CloseInfo {|UPG102:close|}) { }")]
    [InlineData("[Message(\"a\")] public void M(string a, [Payload] string {|UPG102:b|}) { }")]
    [InlineData("[Message(\"a\")] public void M([FromQuery] IDisposable {|UPG102:x|}) { }")]
    [InlineData("[OnConnected] public void M(CloseInfo {|UPG111:close|}) { }")]
    [InlineData("[OnConnected] public int {|UPG111:M|}() => 1;")]
    public Task No_fix_is_offered_for_a_parameter_that_is_not_a_service(string method) => Verify.VerifyNoFixAsync(
        "[UpgradeProtocol(\"a\")] class Handler { " + method + " }");
}
