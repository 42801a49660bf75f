using Verify = UpgradeProtocols.Tests.Analyzers.CodeFixVerifier<UpgradeProtocols.Analyzers.DeclarationAnalyzer, UpgradeProtocols.CodeFixes.AddToJsonContextFix>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg201FixTests
{
    [Fact]
    public Task All_missing_types_are_added_to_the_context_in_another_file() => Verify.VerifyFilesAsync(
        [
            """
            namespace Chat;

            public record Join(string Room);
            public record Accepted(int Count);

            [UpgradeProtocol("a", JsonContext = typeof(ChatJson))]
            class Handler
            {
                [Message("join")] public Task<Accepted?> {|UPG201:JoinAsync|}(Join {|UPG201:join|}) => Task.FromResult<Accepted?>(null);
                [Message("again")] public void Again(Join {|UPG201:join|}) { }
                [Message("all")] public IAsyncEnumerable<List<Accepted>> {|UPG201:AllAsync|}(Other other) => null!;
            }
            """,
            """
            namespace Chat;

            public record Other;

            /// <summary>The payloads.</summary>
            [JsonSerializable(typeof(Other))]
            partial class ChatJson;
            """,
            Generated,
        ],
        [
            """
            namespace Chat;

            public record Join(string Room);
            public record Accepted(int Count);

            [UpgradeProtocol("a", JsonContext = typeof(ChatJson))]
            class Handler
            {
                [Message("join")] public Task<Accepted?> JoinAsync(Join join) => Task.FromResult<Accepted?>(null);
                [Message("again")] public void Again(Join join) { }
                [Message("all")] public IAsyncEnumerable<List<Accepted>> AllAsync(Other other) => null!;
            }
            """,
            """
            namespace Chat;

            public record Other;

            /// <summary>The payloads.</summary>
            [JsonSerializable(typeof(Other))]
            [JsonSerializable(typeof(Accepted))]
            [JsonSerializable(typeof(Join))]
            [JsonSerializable(typeof(List<Accepted>))]
            partial class ChatJson;
            """,
            Generated,
        ]);

    [Fact]
    public Task No_fix_is_offered_for_a_type_that_is_not_a_context() => Verify.VerifyNoFixAsync(
        """
        [UpgradeProtocol("a", JsonContext = {|UPG201:typeof(string)|})]
        class Handler
        {
            [Message("a")] public void M(int x) { }
        }
        """);

    private const string Generated = "namespace Chat;\n" + JsonContextSource.Generated;
}
