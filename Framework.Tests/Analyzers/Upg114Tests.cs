using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.SharedStateAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg114Tests
{
    [Fact]
    public Task A_field_that_changes_is_reported() => Verify.VerifyAsync(
        Handler("private int _count;", "{|#0:_count|}++;"),
        Verify.At(
            0,
            "UPG114",
            "'Handler.M' runs concurrently with other messages of its connection and accesses the mutable state '_count': guard it with a lock, use Interlocked or a concurrent collection, or remove Concurrent"));

    [Theory]
    [InlineData("private int _x;", "{|UPG114:_x|} = 1;")]
    [InlineData("private int _x;", "{|UPG114:_x|} += 1; _x = 2;")]
    [InlineData("private int _x; void Other() => _x = 1;", "_ = {|UPG114:_x|};")]
    [InlineData("private string? _x;", "{|UPG114:_x|} ??= \"a\";")]
    [InlineData("private int _x, _y;", "({|UPG114:_x|}, {|UPG114:_y|}) = (1, 2);")]
    [InlineData("private int _x; static void Set(ref int x) => x = 1;", "Set(ref {|UPG114:_x|});")]
    [InlineData("private int X { get; set; }", "{|UPG114:X|} = 1;")]
    [InlineData("private readonly List<int> _x = [];", "{|UPG114:_x|}.Add(1);")]
    [InlineData("private readonly List<int> _x = []; void Other() => _x.Clear();", "foreach (var x in {|UPG114:_x|}) { }")]
    [InlineData("private readonly Dictionary<int, int> _x = [];", "{|UPG114:_x|}[1] = 2;")]
    [InlineData("private readonly int[] _x = new int[3];", "{|UPG114:_x|}[1] = 2;")]
    [InlineData("private int _x;", "Action later = () => {|UPG114:_x|}++; later();")]
    public Task State_that_changes_is_reported(string members, string statements) => Verify.VerifyAsync(Handler(members, statements));

    [Fact]
    public Task A_captured_parameter_is_state_too() => Verify.VerifyAsync(
        """
        [UpgradeProtocol("a")]
        class Handler(int start)
        {
            [Message("a", Concurrent = true)] public int M() => {|UPG114:start|}++;
        }
        """);

    [Theory]
    [InlineData("private readonly int _x = 1;", "_ = _x;")]
    [InlineData("private int _x = 1; public Handler() => _x = 2;", "_ = _x;")]
    [InlineData("private volatile int _x;", "_x = 1;")]
    [InlineData("private int _x;", "Interlocked.Increment(ref _x);")]
    [InlineData("private int _x; void Other() => _x++;", "_ = Volatile.Read(ref _x);")]
    [InlineData("private int _x; private readonly Lock _lock = new();", "lock (_lock) { _x++; }")]
    [InlineData("private int _x; private readonly Lock _lock = new();", "using (_lock.EnterScope()) { _x++; }")]
    [InlineData("private int _x; private readonly SemaphoreSlim _one = new(1);", "_one.Wait(); _x++; _one.Release();")]
    [InlineData("private readonly System.Collections.Concurrent.ConcurrentDictionary<int, int> _x = [];", "_x[1] = 2; _x.TryAdd(1, 2);")]
    [InlineData("private readonly List<int> _x = [1];", "_ = _x.Contains(1); _ = _x[0]; foreach (var x in _x) { }")]
    [InlineData("private int X => 1;", "_ = X;")]
    [InlineData("private int X { get; } = 1;", "_ = X;")]
    [InlineData("private int _x; [Message(\"b\")] public void Serial() => _x++;", "")]
    [InlineData("class Other { public int X; }", "var other = new Other(); other.X = 1;")]
    public Task Thread_safe_state_is_left_alone(string members, string statements) => Verify.VerifyAsync(Handler(members, statements));

    [Theory]
    [InlineData("private static int s_x; [Message(\"m\")] public void M() => {|UPG114:s_x|}++;")]
    [InlineData("private static readonly List<int> s_x = []; [OnConnected] public void M() => {|UPG114:s_x|}.Add(1);")]
    [InlineData("private static int X { get; set; } [Message(\"m\")] public int M() => {|UPG114:X|}; public static void Set() => X = 1;")]
    [InlineData("private int _x; [Message(\"m\")] public async IAsyncEnumerable<int> M() { await Task.Yield(); yield return {|UPG114:_x|}; } [Message(\"n\")] public void N() => _x++;")]
    [InlineData("private int _x; [Background] public Task M() { {|UPG114:_x|}++; return Task.CompletedTask; } [Message(\"n\")] public int N() => _x;")]
    public Task Static_state_streams_and_background_methods_are_checked(string members) => Verify.VerifyAsync("[UpgradeProtocol(\"a\")] class Handler { " + members + " }");

    [Theory]
    [InlineData("private static readonly int s_x = 1; [Message(\"m\")] public int M() => s_x;")]
    [InlineData("private static int s_x; [Message(\"m\")] public void M() => Interlocked.Increment(ref s_x);")]
    [InlineData("[ThreadStatic] private static int t_x; [Message(\"m\")] public void M() => t_x++;")]
    [InlineData("private static int s_x; static Handler() => s_x = 1; [Message(\"m\")] public int M() => s_x;")]
    [InlineData("private static readonly System.Collections.Concurrent.ConcurrentQueue<int> s_x = new(); [Message(\"m\")] public void M() => s_x.Enqueue(1);")]
    [InlineData("private int _x; [Background] public Task M() { _x++; return Task.CompletedTask; }")]
    [InlineData("private int _x; [OnConnected] public void C() => _x = 1; [Background] public Task M() { _ = _x; return Task.CompletedTask; } [Message(\"n\")] public int N() => _x;")]
    [InlineData("private int _x; [OnConnected] public void C() => _x = 1; [Message(\"m\", Concurrent = true)] public int M() => _x;")]
    public Task State_that_no_other_method_changes_is_left_alone(string members) => Verify.VerifyAsync("[UpgradeProtocol(\"a\")] class Handler { " + members + " [OnDisconnected] public void Gone() { } }");

    [Fact]
    public Task Static_state_is_shared_by_connections() => Verify.VerifyAsync(
        "[UpgradeProtocol(\"a\")] class Handler { private static int s_x; [Message(\"m\")] public void M() => {|#0:s_x|}++; }",
        Verify.At(0, "UPG114", "'Handler.M' runs concurrently with other connections and accesses the mutable state 's_x': guard it with a lock, use Interlocked or a concurrent collection, or make it an instance member"));

    [Fact]
    public Task Serial_handlers_and_other_classes_are_left_alone() => Verify.VerifyAsync(
        """
        [UpgradeProtocol("a")]
        class Handler { private int _x; [Message("a")] public void M() => _x++; [Message("b", Concurrent = false)] public void N() => _x++; }

        namespace Other
        {
            class UpgradeProtocolAttribute : Attribute;
            class MessageAttribute : Attribute { public bool Concurrent { get; set; } }
            [UpgradeProtocol] class Handler { private int _x; [Message(Concurrent = true)] public void M() => _x++; }
        }
        """);

    [Theory]
    [InlineData("_x = ")]
    [InlineData("Missing(ref ")]
    [InlineData("this.")]
    public Task Unfinished_statements_throw_nothing(string statements) => Verify.VerifyIncompleteAsync(Handler("private readonly int _x;", statements.Replace("_x = ", "_y = ")));

    private static string Handler(string members, string statements) => $$"""
        [UpgradeProtocol("a")]
        class Handler
        {
            {{members}}
            [Message("a", Concurrent = true)] public void M() { {{statements}} }
        }
        """;
}
