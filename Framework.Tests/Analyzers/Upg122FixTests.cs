using Verify = UpgradeProtocols.Tests.Analyzers.CodeFixVerifier<UpgradeProtocols.Analyzers.DeclarationAnalyzer, UpgradeProtocols.CodeFixes.NameMessageFix>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg122FixTests
{
    [Fact]
    public Task A_message_gets_the_methods_name_in_camel_case() => Verify.VerifyAsync(
        """
        using System.Threading.Tasks;

        [UpgradeProtocol("a", Format = typeof(JsonMessageFormat))]
        class Handler
        {
            // A comment.
            [{|UPG122:Message|}] public Task JoinAsync() => Task.CompletedTask;
            [{|UPG122:Message(Concurrent = true)|}] public void Say() { }
            [{|UPG122:Message(/* none */)|}] public void Async() { }
            [Message("known")] public void Known() { }
            [AnyMessage] public void Rest() { }
        }
        """,
        """
        using System.Threading.Tasks;

        [UpgradeProtocol("a", Format = typeof(JsonMessageFormat))]
        class Handler
        {
            // A comment.
            [Message("join")] public Task JoinAsync() => Task.CompletedTask;
            [Message("say", Concurrent = true)] public void Say() { }
            [Message(/* none */"async")] public void Async() { }
            [Message("known")] public void Known() { }
            [AnyMessage] public void Rest() { }
        }
        """);
}
