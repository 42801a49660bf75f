using UpgradeProtocols.Analyzers;
using UpgradeProtocols.CodeFixes;

namespace UpgradeProtocols.Tests.Analyzers;

/// <summary>Code fixes keep comments and directives, and fix several diagnostics in one file, together or one at a time.</summary>
public class FixTriviaTests
{
    [Fact]
    public Task Methods_become_visible() => CodeFixVerifier<DeclarationAnalyzer, ShowMethodFix>.VerifyLineEndsAsync(
        """
        [UpgradeProtocol("a")]
        class Handler
        {
            [Message("a")]
            // says it
            /* kept */ private /* hidden */ void {|UPG105:A|}() { }

            #region More
            [Message("b")]
            #endregion
            static void {|UPG105:B|}() { }

            [Message("c")]
        #if !OLD
            [Obsolete]
        #endif
            protected static void {|UPG105:C|}() { }

            [Message("d")] private /* both */ protected /* words */ void {|UPG105:D|}() { }

        #if OLD
            [Message("e")] private
        #else
            [Message("f")] private
        #endif
            void {|UPG105:E|}() { }
        }
        """,
        """
        [UpgradeProtocol("a")]
        class Handler
        {
            [Message("a")]
            // says it
            /* kept */ internal /* hidden */ void A() { }

            #region More
            [Message("b")]
            #endregion
            internal static void B() { }

            [Message("c")]
        #if !OLD
            [Obsolete]
        #endif
            internal static void C() { }

            [Message("d")] internal /* both */  /* words */ void D() { }

        #if OLD
            [Message("e")] private
        #else
            [Message("f")] internal
        #endif
            void E() { }
        }
        """);

    [Fact]
    public Task Handlers_become_visible_with_their_outer_classes() => CodeFixVerifier<DeclarationAnalyzer, ShowHandlerFix>.VerifyLineEndsAsync(
        """
        class Outer
        {
            // inner
            private /* hidden */ class Inner
            {
                [UpgradeProtocol("a")]
                #region A
                // first
                class {|UPG003:A|} { [Message("a")] public void M() { } }
                #endregion

                [UpgradeProtocol("b")] private class {|UPG003:B|} { [Message("a")] public void M() { } }
            }
        }

        [UpgradeProtocol("c")]
        // of its file
        file /* alone */ sealed class {|UPG003:C|} { [Message("a")] public void M() { } }
        """,
        """
        class Outer
        {
            // inner
            internal /* hidden */ class Inner
            {
                [UpgradeProtocol("a")]
                #region A
                // first
                internal class A { [Message("a")] public void M() { } }
                #endregion

                [UpgradeProtocol("b")] internal class B { [Message("a")] public void M() { } }
            }
        }

        [UpgradeProtocol("c")]
        // of its file
        internal /* alone */ sealed class C { [Message("a")] public void M() { } }
        """);

    [Fact]
    public Task Async_void_methods_return_a_task() => CodeFixVerifier<DeclarationAnalyzer, ReturnTaskFix>.VerifyLineEndsAsync(
        """
        [UpgradeProtocol("a")]
        class Handler
        {
            [Message("a")] // first
            public async /* nothing */ void /* yet */ {|UPG104:A|}() => await Task.Yield();
        #if !OLD
            [Message("b")] public async void {|UPG104:B|}() => await Task.Yield();
        #endif
        }
        """,
        """
        [UpgradeProtocol("a")]
        class Handler
        {
            [Message("a")] // first
            public async /* nothing */ Task /* yet */ A() => await Task.Yield();
        #if !OLD
            [Message("b")] public async Task B() => await Task.Yield();
        #endif
        }
        """);

    [Fact]
    public Task Types_are_declared() => CodeFixVerifier<StrayAttributeAnalyzer, DeclareFix>.VerifyLineEndsAsync(
        """
        #region Handlers
        /// <summary>A.</summary>
        class A { [{|UPG106:Message("a")|}] public void M() { } }

        // b
        #if !OLD
        [Obsolete] // soon
        #endif
        class B { [{|UPG106:Message("a")|}] public void M() { } }
        #endregion
        """,
        """
        #region Handlers
        /// <summary>A.</summary>
        [UpgradeProtocol]
        class A { [Message("a")] public void M() { } }

        // b
        #if !OLD
        [Obsolete] // soon
        #endif
        [UpgradeProtocol]
        class B { [Message("a")] public void M() { } }
        #endregion
        """);

    [Fact]
    public Task Streams_get_tokens() => CodeFixVerifier<MissingTokenAnalyzer, AddTokenFix>.VerifyLineEndsAsync(
        """
        [UpgradeProtocol("a")]
        class Handler
        {
            [Message("a")] public IAsyncEnumerable<int> {|UPG107:A|}(int x /* from */) => null!;
            [Message("b")]
            public IAsyncEnumerable<int> {|UPG107:B|}(
                // where
                int x) => null!;
        }
        """,
        """
        [UpgradeProtocol("a")]
        class Handler
        {
            [Message("a")] public IAsyncEnumerable<int> A(int x /* from */, CancellationToken cancellationToken) => null!;
            [Message("b")]
            public IAsyncEnumerable<int> B(
                // where
                int x, CancellationToken cancellationToken) => null!;
        }
        """);

    [Fact]
    public Task Tasks_are_awaited() => CodeFixVerifier<BlockingAnalyzer, AwaitFix>.VerifyLineEndsAsync(
        """
        [UpgradeProtocol("a")]
        class Handler
        {
            [Message("a")]
            public async Task<int> M()
            {
                // first
                {|UPG108:Task.Delay(1).Wait()|}; // waited
        #if !OLD
                {|UPG108:Thread.Sleep(1)|};
        #endif
                await Task.Yield();
                return /* all */ {|UPG108:Get().Result|} + {|UPG108:Get().Result|}; // both
            }

            Task<int> Get() => Task.FromResult(1);
        }
        """,
        """
        [UpgradeProtocol("a")]
        class Handler
        {
            [Message("a")]
            public async Task<int> M()
            {
                // first
                await Task.Delay(1); // waited
        #if !OLD
                await Task.Delay(1);
        #endif
                await Task.Yield();
                return /* all */ await Get() + await Get(); // both
            }

            Task<int> Get() => Task.FromResult(1);
        }
        """);

    [Fact]
    public Task A_comment_inside_a_blocking_expression_is_not_lost() => CodeFixVerifier<BlockingAnalyzer, AwaitFix>.VerifyNoFixAsync(
        """
        [UpgradeProtocol("a")]
        class Handler
        {
            [Message("a")]
            public async Task<int> M()
            {
                await Task.Yield();
                return {|UPG108:Task.Run(() => 1)
                    // wait for it
                    .Result|};
            }
        }
        """);

    [Fact]
    public Task Adding_web_names_keeps_comments() => CodeFixVerifier<JsonNamingAnalyzer, WebNamingFix>.VerifyLineEndsAsync(
        """
        [JsonSourceGenerationOptions(
            // for people
            WriteIndented = true)]
        [JsonSerializable(typeof(Say))]
        partial class {|UPG204:ChatJson|};

        record Say(string Text);
        [UpgradeProtocol("a", JsonContext = typeof(ChatJson))] class Handler { [Message("a")] public void M(Say say) { } }

        """ + JsonContextSource.Generated,
        """
        [JsonSourceGenerationOptions(
            System.Text.Json.JsonSerializerDefaults.Web,
            // for people
            WriteIndented = true)]
        [JsonSerializable(typeof(Say))]
        partial class ChatJson;

        record Say(string Text);
        [UpgradeProtocol("a", JsonContext = typeof(ChatJson))] class Handler { [Message("a")] public void M(Say say) { } }

        """ + JsonContextSource.Generated);

    [Fact]
    public Task Two_services_move_out_of_one_constructor() => CodeFixVerifier<UnitOfWorkAnalyzer, MoveToParameterFix>.VerifyLineEndsAsync(
        """
        namespace Microsoft.EntityFrameworkCore { public class DbContext { public int Save() => 1; } }

        [UpgradeProtocol("a")]
        class Handler(IServiceProvider services, Microsoft.EntityFrameworkCore.DbContext {|UPG113:first|}, Microsoft.EntityFrameworkCore.DbContext {|UPG113:second|})
        {
            // both
            [Message("a")] public int M() { _ = services; return first.Save() + second.Save(); }
        }
        """,
        """
        namespace Microsoft.EntityFrameworkCore { public class DbContext { public int Save() => 1; } }

        [UpgradeProtocol("a")]
        class Handler(IServiceProvider services)
        {
            // both
            [Message("a")] public int M([FromServices] Microsoft.EntityFrameworkCore.DbContext first, [FromServices] Microsoft.EntityFrameworkCore.DbContext second) { _ = services; return first.Save() + second.Save(); }
        }
        """);

    [Fact]
    public Task Services_are_marked() => CodeFixVerifier<DeclarationAnalyzer, MarkServiceFix>.VerifyLineEndsAsync(
        """
        [UpgradeProtocol("a")]
        class Handler
        {
            [Message("a")]
            public void M(
                // the first
                IDisposable {|UPG102:first|}, // kept
        #if !OLD
                TimeProvider {|UPG102:time|}
        #endif
                ) { }
        }
        """,
        """
        [UpgradeProtocol("a")]
        class Handler
        {
            [Message("a")]
            public void M(
                // the first
                [FromServices] IDisposable first, // kept
        #if !OLD
                [FromServices] TimeProvider time
        #endif
                ) { }
        }
        """);

    [Fact]
    public Task Paths_begin_with_a_slash() => CodeFixVerifier<DeclarationAnalyzer, PrefixPathFix>.VerifyLineEndsAsync(
        """
        [UpgradeProtocol("a", Path = /* old */ {|UPG006:"chat"|} /* new */)] // first
        #if !OLD
        [UpgradeProtocol("b", Path = {|UPG006:"rooms"|})]
        #endif
        class Handler { [Message("a")] public void M() { } }
        """,
        """
        [UpgradeProtocol("a", Path = /* old */ "/chat" /* new */)] // first
        #if !OLD
        [UpgradeProtocol("b", Path = "/rooms")]
        #endif
        class Handler { [Message("a")] public void M() { } }
        """);

    [Fact]
    public Task Two_loops_make_one_method_a_background() => CodeFixVerifier<EndlessLoopAnalyzer, MakeBackgroundFix>.VerifyLineEndsAsync(
        """
        [UpgradeProtocol("a")]
        class Handler
        {
            [OnConnected] // beats
            public async Task M(bool isSlow, CancellationToken ct)
            {
                if (isSlow)
                {
                    {|UPG115:while|} (true) await Task.Delay(9, ct); // slow
                }

                {|UPG115:while|} (true) await Task.Delay(1, ct);
            }
        }
        """.Replace("bool isSlow, ", "[FromQuery] bool isSlow, "),
        """
        [UpgradeProtocol("a")]
        class Handler
        {
            [Background] // beats
            public async Task M(bool isSlow, CancellationToken ct)
            {
                if (isSlow)
                {
                    while (true) await Task.Delay(9, ct); // slow
                }

                while (true) await Task.Delay(1, ct);
            }
        }
        """.Replace("bool isSlow, ", "[FromQuery] bool isSlow, "));

    [Fact]
    public Task Payloads_are_copied() => CodeFixVerifier<BorrowedPayloadAnalyzer, CopyPayloadFix>.VerifyLineEndsAsync(
        """
        [UpgradeProtocol("a")]
        class Handler
        {
            private ReadOnlyMemory<byte> _first, _second;

            [Message("a")]
            public void M(ReadOnlyMemory<byte> bytes)
            {
                _first = /* all */ {|UPG109:bytes|}; // kept
        #if !OLD
                _second = {|UPG109:bytes.Slice(1)|} /* a part */;
        #endif
            }
        }
        """,
        """
        [UpgradeProtocol("a")]
        class Handler
        {
            private ReadOnlyMemory<byte> _first, _second;

            [Message("a")]
            public void M(ReadOnlyMemory<byte> bytes)
            {
                _first = /* all */ bytes.ToArray(); // kept
        #if !OLD
                _second = bytes.Slice(1).ToArray() /* a part */;
        #endif
            }
        }
        """);
}
