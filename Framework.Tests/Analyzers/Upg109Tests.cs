using Fix = UpgradeProtocols.Tests.Analyzers.CodeFixVerifier<UpgradeProtocols.Analyzers.BorrowedPayloadAnalyzer, UpgradeProtocols.CodeFixes.CopyPayloadFix>;
using Verify = UpgradeProtocols.Tests.Analyzers.AnalyzerVerifier<UpgradeProtocols.Analyzers.BorrowedPayloadAnalyzer>;

namespace UpgradeProtocols.Tests.Analyzers;

public class Upg109Tests
{
    [Fact]
    public Task A_payload_in_a_field_is_reported() => Verify.VerifyAsync(
        Method("_last = {|#0:bytes|};"),
        Verify.At(0, "UPG109", "'bytes' is a buffer of the connection that is valid only until 'Handler.M' ends, but it is stored in '_last': copy it with ToArray()"));

    [Theory]
    [InlineData("this._last = {|UPG109:bytes.Slice(1)|};")]
    [InlineData("_last = {|UPG109:bytes[1..]|};")]
    [InlineData("Last = {|UPG109:bytes|};")]
    [InlineData("s_last = {|UPG109:bytes|};")]
    [InlineData("_maybe = {|UPG109:bytes|};")]
    [InlineData("_maybe ??= {|UPG109:bytes|};")]
    [InlineData("var part = bytes[..2]; _last = {|UPG109:part|};")]
    [InlineData("ReadOnlyMemory<byte> part = default; part = bytes; _last = {|UPG109:part.Slice(1, 2)|};")]
    [InlineData("_last = bytes.IsEmpty ? default : {|UPG109:bytes|};")]
    [InlineData("_all.Add({|UPG109:bytes|});")]
    [InlineData("_all?.Add({|UPG109:bytes|});")]
    [InlineData("_named[\"a\"] = {|UPG109:bytes|};")]
    [InlineData("_named.TryAdd(\"a\", {|UPG109:bytes|});")]
    [InlineData("_queue.Enqueue((1, {|UPG109:bytes|}));")]
    [InlineData("_array[0] = {|UPG109:bytes|};")]
    [InlineData("var list = _all; list.Add({|UPG109:bytes|});")]
    [InlineData("_channel.Writer.TryWrite({|UPG109:bytes|});")]
    [InlineData("connection.Items[\"last\"] = {|UPG109:bytes|};")]
    [InlineData("_part = new Part({|UPG109:bytes|});")]
    [InlineData("var part = new Part(bytes); _part = {|UPG109:part|};")]
    [InlineData("var part = new Part(default); part.Bytes = bytes; _part = {|UPG109:part|};")]
    [InlineData("_part = new Part(default) { Bytes = {|UPG109:bytes|} };")]
    [InlineData("_several = [{|UPG109:bytes|}];")]
    [InlineData("_several = new[] { {|UPG109:bytes|} };")]
    [InlineData("var several = new List<ReadOnlyMemory<byte>>(); several.Add(bytes); _all = {|UPG109:several|};")]
    [InlineData("_sequence = new System.Buffers.ReadOnlySequence<byte>({|UPG109:bytes|});")]
    [InlineData("_later = () => Use({|UPG109:bytes|});")]
    [InlineData("_ = Task.Run(() => Use({|UPG109:bytes|}));")]
    [InlineData("Task.Run(async () => { await Task.Yield(); Use({|UPG109:bytes|}); });")]
    [InlineData("_ = Task.Factory.StartNew(() => Use({|UPG109:bytes|}));")]
    [InlineData("ThreadPool.QueueUserWorkItem(_ => Use({|UPG109:bytes|}));")]
    [InlineData("new Thread(() => Use({|UPG109:bytes|})).Start();")]
    [InlineData("_ = SaveAsync({|UPG109:bytes|});")]
    [InlineData("SaveAsync({|UPG109:bytes|});")]
    [InlineData("_ = SaveAsync({|UPG109:bytes.Slice(1)|}).ConfigureAwait(false);")]
    [InlineData("var task = SaveAsync({|UPG109:bytes|});")]
    [InlineData("_pending = SaveAsync({|UPG109:bytes|});")]
    [InlineData("_ = {|UPG109:Local()|}; async Task Local() { await Task.Yield(); Use(bytes); }")]
    public Task A_payload_that_outlives_the_call_is_reported(string statements) => Verify.VerifyAsync(Method(statements));

    [Theory]
    [InlineData("_copy = bytes.ToArray();")]
    [InlineData("_last = bytes.ToArray();")]
    [InlineData("_last = bytes.Slice(1).ToArray();")]
    [InlineData("_last = new ReadOnlyMemory<byte>(bytes.ToArray());")]
    [InlineData("var copy = bytes.ToArray(); _last = copy;")]
    [InlineData("var copy = new byte[bytes.Length]; bytes.CopyTo(copy); _last = copy;")]
    [InlineData("_count = bytes.Length;")]
    [InlineData("_count += bytes.Span[0];")]
    [InlineData("_text = System.Text.Encoding.UTF8.GetString(bytes.Span);")]
    [InlineData("_document = System.Text.Json.JsonDocument.Parse(bytes.ToArray());")]
    [InlineData("var part = bytes[1..]; Use(part);")]
    [InlineData("var parts = new List<ReadOnlyMemory<byte>> { bytes }; foreach (var part in parts) Use(part);")]
    [InlineData("var part = new Part(bytes); Use(part.Bytes);")]
    [InlineData("Use(bytes);")]
    [InlineData("Action use = () => Use(bytes); use();")]
    [InlineData("Local(); void Local() => Use(bytes);")]
    [InlineData("new List<int> { 1 }.ForEach(_ => Use(bytes));")]
    [InlineData("var copy = bytes.ToArray(); _ = Task.Run(() => Use(copy));")]
    [InlineData("_ = SaveAsync(bytes.ToArray());")]
    [InlineData("_ = Task.Run(() => Use(default));")]
    [InlineData("_named[System.Text.Encoding.UTF8.GetString(bytes.Span)] = default;")]
    [InlineData("_all.Remove(bytes);")]
    [InlineData("_hashes.Add(bytes.GetHashCode());")]
    [InlineData("_same = _last.Equals(bytes);")]
    [InlineData("_ = clients.All.SendAsync(bytes);")]
    [InlineData("_last = other;")]
    [InlineData("ReadOnlyMemory<byte> bytes2 = other; _last = bytes2;")]
    public Task A_payload_that_is_copied_or_used_immediately_is_left_alone(string statements) => Verify.VerifyAsync(Method(statements));

    [Theory]
    [InlineData("await SaveAsync(bytes);")]
    [InlineData("await SaveAsync(bytes[1..]).ConfigureAwait(false);")]
    [InlineData("var task = SaveAsync(bytes); await task;")]
    [InlineData("var a = SaveAsync(bytes); var b = SaveAsync(bytes); await Task.WhenAll(a, b);")]
    [InlineData("await Task.Run(() => Use(bytes));")]
    [InlineData("await _stream.WriteAsync(bytes);")]
    [InlineData("await Local(); async Task Local() { await Task.Yield(); Use(bytes); }")]
    [InlineData("await Task.Yield(); Use(bytes);")]
    public Task A_payload_in_a_call_that_the_method_awaits_is_left_alone(string statements) => Verify.VerifyAsync(Method(statements, "public async Task M"));

    [Theory]
    [InlineData("public Task M(ReadOnlyMemory<byte> bytes) => SaveAsync(bytes);")]
    [InlineData("public ReadOnlyMemory<byte> M(ReadOnlyMemory<byte> bytes) => bytes;")]
    [InlineData("public ReadOnlyMemory<byte> M(ReadOnlyMemory<byte> bytes) { var part = bytes[1..]; return part; }")]
    [InlineData("public void M(byte[] bytes) => _last = bytes;")]
    [InlineData("public void M(Part part) => _part = part;")]
    public Task A_returned_payload_and_the_handlers_own_copy_are_left_alone(string method) => Verify.VerifyAsync(Handler("[Message] " + method));

    [Fact]
    public Task A_payload_in_an_awaited_write_to_a_channel_is_reported() => Verify.VerifyAsync(
        Method("await _channel.Writer.WriteAsync({|UPG109:bytes|});", "public async Task M"));

    [Fact]
    public Task Sequences_are_borrowed_too() => Verify.VerifyAsync(
        Handler("[Message(\"a\")] public void M(System.Buffers.ReadOnlySequence<byte> bytes) { _sequence = {|UPG109:bytes.Slice(1)|}; _last = {|UPG109:bytes.First|}; _copy = System.Buffers.BuffersExtensions.ToArray(bytes); }"));

    [Fact]
    public Task Other_methods_and_classes_are_left_alone() => Verify.VerifyAsync(
        """
        [UpgradeProtocol("a")]
        class Handler
        {
            private ReadOnlyMemory<byte> _last;
            [Message] public void M(ReadOnlyMemory<byte> bytes) { _ = _last; Keep(bytes.ToArray()); }
            private void Keep(ReadOnlyMemory<byte> bytes) => _last = bytes;
        }

        class Service
        {
            public ReadOnlyMemory<byte> Last;
            public void M(ReadOnlyMemory<byte> bytes) => Last = bytes;
        }

        namespace Other
        {
            class UpgradeProtocolAttribute : Attribute;
            class MessageAttribute : Attribute;

            [UpgradeProtocol] class Handler
            {
                public ReadOnlyMemory<byte> Last;
                [Message] public void M(ReadOnlyMemory<byte> bytes) => Last = bytes;
            }
        }
        """);

    [Theory]
    [InlineData("_other = bytes.")]
    [InlineData("_missing.Add(bytes")]
    [InlineData("_last = Missing(bytes);")]
    [InlineData("Task.Run(() => ")]
    [InlineData("Missing(bytes);")]
    public Task Unfinished_statements_are_left_alone(string statements) => Verify.VerifyIncompleteAsync(Method(statements));

    [Fact]
    public Task All_are_copied() => Fix.VerifyAsync(
        Method(
            """
            _last = {|UPG109:bytes|};
                    _last = {|UPG109:bytes[1..]|};
                    _all.Add({|UPG109:bytes.Slice(1)|}); // the rest
                    _part = new Part({|UPG109:bytes|});
            """),
        Method(
            """
            _last = bytes.ToArray();
                    _last = bytes[1..].ToArray();
                    _all.Add(bytes.Slice(1).ToArray()); // the rest
                    _part = new Part(bytes.ToArray());
            """));

    [Fact]
    public Task The_copy_for_a_lambda_is_made_before_it() => Fix.VerifyAsync(
        Method("_ = Task.Run(() => { Use({|UPG109:bytes|}); Use(bytes.Slice(1)); });"),
        Method(
            """
            ReadOnlyMemory<byte> bytesCopy = bytes.ToArray();
                    _ = Task.Run(() => { Use(bytesCopy); Use(bytesCopy.Slice(1)); });
            """));

    [Theory]
    [InlineData("_ = {|UPG109:Local()|}; async Task Local() { await Task.Yield(); Use(bytes); }")]
    [InlineData("var part = new Part(bytes); _part = {|UPG109:part|};")]
    public Task No_fix_is_offered_where_one_copy_is_not_enough(string statements) => Fix.VerifyNoFixAsync(Method(statements));

    private static string Method(string statements, string head = "public void M") => Handler(
        $$"""
        [Message] {{head}}(ReadOnlyMemory<byte> bytes, UpgradeConnection connection, [FromServices] IClients<IEvents> clients)
            {
                ReadOnlyMemory<byte> other = default;
                {{statements}}
            }
        """);

    private static string Handler(string member) => $$"""
        #pragma warning disable CS4014, CS1998
        [UpgradeProtocol("a", Format = typeof(RawMessageFormat))]
        class Handler
        {
            private static ReadOnlyMemory<byte> s_last;
            private ReadOnlyMemory<byte> _last;
            private ReadOnlyMemory<byte>? _maybe;
            private System.Buffers.ReadOnlySequence<byte> _sequence;
            private List<ReadOnlyMemory<byte>> _all = [];
            private readonly Dictionary<string, ReadOnlyMemory<byte>> _named = [];
            private readonly Queue<(int, ReadOnlyMemory<byte>)> _queue = [];
            private readonly System.Threading.Channels.Channel<ReadOnlyMemory<byte>> _channel = System.Threading.Channels.Channel.CreateUnbounded<ReadOnlyMemory<byte>>();
            private readonly ReadOnlyMemory<byte>[] _array = new ReadOnlyMemory<byte>[1];
            private readonly System.IO.Stream _stream = System.IO.Stream.Null;
            private readonly HashSet<int> _hashes = [];
            private ReadOnlyMemory<byte>[] _several = [];
            private byte[] _copy = [];
            private Part? _part;
            private Action? _later;
            private Task? _pending;
            private int _count;
            private bool _same;
            private string? _text;
            private object? _document;
            private ReadOnlyMemory<byte> Last { get; set; }

            {{member}}

            private static void Use(ReadOnlyMemory<byte> bytes) { }
            private static async Task SaveAsync(ReadOnlyMemory<byte> bytes) => await Task.Yield();
        }

        class Part(ReadOnlyMemory<byte> bytes) { public ReadOnlyMemory<byte> Bytes { get; set; } = bytes; }
        [ClientContract] public interface IEvents { [Message] ValueTask SendAsync(ReadOnlyMemory<byte> bytes); }
        """;
}
