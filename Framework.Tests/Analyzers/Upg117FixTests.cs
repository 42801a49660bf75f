using Verify = UpgradeProtocols.Tests.Analyzers.CodeFixVerifier<UpgradeProtocols.Analyzers.DeclarationAnalyzer, UpgradeProtocols.CodeFixes.MarkEnumeratorCancellationFix>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg117FixTests
{
    [Fact]
    public Task All_tokens_are_marked() => Verify.VerifyAsync(
        """
        [UpgradeProtocol("a")]
        class Handler
        {
            [Message("a")]
            public async IAsyncEnumerable<int> AAsync(CancellationToken {|UPG117:ct|})
            {
                await Task.Delay(1, ct);
                yield return 1;
            }

            [Message("b")]
            public async IAsyncEnumerable<int> BAsync(string text, CancellationToken {|UPG117:ct|} = default)
            {
                await Task.Delay(1, ct);
                yield return 1;
            }
        }
        """,
        """
        [UpgradeProtocol("a")]
        class Handler
        {
            [Message("a")]
            public async IAsyncEnumerable<int> AAsync([EnumeratorCancellation] CancellationToken ct)
            {
                await Task.Delay(1, ct);
                yield return 1;
            }

            [Message("b")]
            public async IAsyncEnumerable<int> BAsync(string text, [EnumeratorCancellation] CancellationToken ct = default)
            {
                await Task.Delay(1, ct);
                yield return 1;
            }
        }
        """);
}
