using Verify = UpgradeProtocols.Tests.Analyzers.CodeFixVerifier<UpgradeProtocols.Analyzers.StrayAttributeAnalyzer, UpgradeProtocols.CodeFixes.DeclareFix>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg106FixTests
{
    [Fact]
    public Task A_class_is_declared_a_handler() => Verify.VerifyAsync(
        """
        namespace Chat;

        /// <summary>A room.</summary>
        public sealed class Handler
        {
            [{|UPG106:Message("a")|}] public void M() { }
            [OnConnected] public void Connected() { }
        }
        """,
        """
        namespace Chat;

        /// <summary>A room.</summary>
        [UpgradeProtocol]
        public sealed class Handler
        {
            [Message("a")] public void M() { }
            [OnConnected] public void Connected() { }
        }
        """);

    [Fact]
    public Task All_of_several_files_are_declared() => Verify.VerifyFilesAsync(
        [
            """
            class First
            {
                [{|UPG106:Message("a")|}] public void M() { }
            }

            interface IEvents
            {
                [{|UPG106:Message("a")|}] ValueTask MAsync();
            }
            """,
            """
            [Serializable]
            record Second
            {
                [{|UPG106:OnConnected|}] public void M() { }
            }
            """,
        ],
        [
            """
            [UpgradeProtocol]
            class First
            {
                [Message("a")] public void M() { }
            }

            [ClientContract]
            interface IEvents
            {
                [Message("a")] ValueTask MAsync();
            }
            """,
            """
            [Serializable]
            [UpgradeProtocol]
            record Second
            {
                [OnConnected] public void M() { }
            }
            """,
        ]);

    [Fact]
    public Task The_name_is_as_long_as_the_file_needs() => Verify.VerifyAsync(
        """
        namespace UpgradeProtocol
        {
            class Handler
            {
                [{|UPG106:Message("a")|}] public void M() { }
            }
        }
        """,
        """
        namespace UpgradeProtocol
        {
            [UpgradeProtocol]
            class Handler
            {
                [Message("a")] public void M() { }
            }
        }
        """);

    [Fact]
    public Task No_fix_is_offered_where_there_can_be_no_handler() => Verify.VerifyNoFixAsync(
        """
        struct Value
        {
            [{|UPG106:Message("a")|}] public void M() { }
        }

        static class Methods
        {
            [{|UPG106:Message("a")|}] public static void M() { }
        }
        """);
}
