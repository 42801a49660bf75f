using Verify = UpgradeProtocols.Tests.Analyzers.CodeFixVerifier<UpgradeProtocols.Analyzers.DeclarationAnalyzer, UpgradeProtocols.CodeFixes.ReturnTaskFix>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg104FixTests
{
    [Fact]
    public Task All_methods_return_a_task() => Verify.VerifyAsync(
        """
        [UpgradeProtocol("a")]
        class Handler
        {
            [Message("a")] public async void {|UPG104:A|}() => await Task.Yield();
            [OnConnected] public async /* later */ void {|UPG104:Connected|}() { await Task.Yield(); return; }
        }
        """,
        """
        [UpgradeProtocol("a")]
        class Handler
        {
            [Message("a")] public async Task A() => await Task.Yield();
            [OnConnected] public async /* later */ Task Connected() { await Task.Yield(); return; }
        }
        """);

    [Fact]
    public Task No_fix_is_offered_for_an_override() => Verify.VerifyNoFixAsync(
        """
        abstract class Base
        {
            public abstract void M();
        }

        [UpgradeProtocol("a")]
        class Handler : Base
        {
            [Message("a")] public override async void {|UPG104:M|}() => await Task.Yield();
        }
        """);
}
