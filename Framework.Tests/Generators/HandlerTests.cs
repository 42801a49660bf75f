using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace UpgradeProtocols.Tests.Generators;

/// <summary>The generated code of valid declarations.</summary>
public class HandlerTests
{
    private const string Room = """
        namespace Chat;

        public sealed record Join(string Room);
        public sealed record Joined(string Room, int Members);
        public sealed record Say(string Room, string Text);
        public sealed record Said(string Text);
        public sealed record History(string Room);

        [JsonSerializable(typeof(Join)), JsonSerializable(typeof(Joined)), JsonSerializable(typeof(Say)), JsonSerializable(typeof(Said)), JsonSerializable(typeof(History))]
        public sealed partial class ChatJson : JsonSerializerContext;

        public sealed class Rooms;
        public interface IStore { IAsyncEnumerable<Said> Read(string room, CancellationToken cancellationToken); }

        [ClientContract]
        public interface IRoomEvents { [Message("said")] ValueTask SaidAsync(Said said); }

        [UpgradeProtocol("chat.v2", Path = "/chat", JsonContext = typeof(ChatJson), Client = typeof(IRoomEvents))]
        [UpgradeProtocol("chat.v1", Path = "/chat", Format = typeof(FlatJsonMessageFormat), Discriminator = "type", JsonContext = typeof(ChatJson), Client = typeof(IRoomEvents))]
        public sealed class RoomHandler(IClients<IRoomEvents> clients, Rooms rooms)
        {
            [OnConnected] public void Connected(UpgradeConnection connection) => _ = rooms;

            [Message("join", Versions = ["chat.v2"])]
            public async ValueTask<Joined> JoinAsync(Join join, UpgradeConnection connection, CancellationToken ct)
            {
                await connection.JoinAsync(join.Room, ct);
                return new Joined(join.Room, 1);
            }

            [Message("say")] public ValueTask SayAsync(Say say) => clients.Group(say.Room).SaidAsync(new Said(say.Text));

            [Message("history")]
            public IAsyncEnumerable<Said> HistoryAsync(History query, [FromServices] IStore store, CancellationToken ct) => store.Read(query.Room, ct);

            [OnDisconnected] public void Disconnected(UpgradeConnection connection, CloseInfo close) { }
        }
        """;

    [Fact]
    public void Every_snapshot_belongs_to_a_test()
    {
        var tests = typeof(HandlerTests).Assembly.GetTypes().SelectMany(type => type.GetMethods().Select(method => $"{type.Name}.{method.Name}")).ToHashSet();
        Assert.All(Snapshots.Verified(), file => Assert.Contains(file.Split('#')[0], tests));
    }

    [Fact]
    public Task Two_versions_with_a_client_contract() => Snapshots.Verify(GeneratorHost.RunClean(Room));

    [Fact]
    public Task An_echo_without_an_envelope() => Snapshots.Verify(GeneratorHost.RunClean("""
        [UpgradeProtocol(Path = "/echo", MaxMessageSize = 16 * 1024 * 1024, AllowedOrigins = ["*"])]
        [UpgradeProtocol("echo.v1", Path = "/echo")]
        public sealed class EchoHandler
        {
            [Message]
            public ValueTask<SendResult> EchoAsync(ReadOnlySpan<byte> message, MessageKind kind, UpgradeConnection connection) => connection.SendAsync(message, kind);
        }

        [UpgradeProtocol("both", Path = "/both", Default = true, SlowConsumer = SlowConsumerPolicy.DropOldest, SubprotocolMismatch = SubprotocolMismatch.AcceptThenClose)]
        internal sealed class BothHandler
        {
            [Message] internal string Text(string text) => text;
            [Message] internal ReadOnlyMemory<byte> Bytes(ReadOnlyMemory<byte> bytes) => bytes;
        }
        """));

    [Fact]
    public Task Raw_protocols() => Snapshots.Verify(GeneratorHost.RunClean("""
        [UpgradeProtocol("bytes/1", Kind = UpgradeKind.Raw, Path = "/raw", Methods = ["GET", "POST"])]
        public sealed class BytesHandler
        {
            [OnUpgraded] public Task RunAsync(IDuplexPipe pipe, UpgradeRequest request, CancellationToken cancellationToken) => Task.CompletedTask;
        }

        [UpgradeProtocol("lines", Kind = UpgradeKind.Raw, Path = "/raw", Framing = typeof(LineFraming))]
        public sealed class LinesHandler
        {
            [Message] public string Upper(string line) => line.ToUpperInvariant();
        }
        """));

    [Fact]
    public Task Lifecycle_and_every_source_of_an_argument() => Snapshots.Verify(GeneratorHost.RunClean("""
        namespace Devices;

        public interface IStore;
        public enum Shard { Low = -1, High }

        [UpgradeProtocol("devices", Path = "/devices/{id}/{kind}")]
        public sealed class DeviceHandler(
            IStore store,
            IServiceProvider services,
            [FromKeyedServices("main")] IStore main,
            [FromKeyedServices(Shard.Low)] IStore? low = null,
            IStore? other = null,
            int port = 5)
        {
            [OnUpgrading]
            public async Task<UpgradeResult> Admit([FromRoute] Guid id, [FromRoute(Name = "kind")] string what, [FromQuery] string token, ClaimsPrincipal user, [FromServices] IStore s)
            {
                await Task.Yield();
                _ = (store, services, main, low, other, port);
                return UpgradeResult.Accept();
            }

            [OnConnected]
            public ValueTask<SendResult> Hello(UpgradeConnection connection) => connection.SendAsync("hello");

            [Background]
            public ValueTask Poll(UpgradeConnection connection, CancellationToken ct) => default;

            [OnDisconnected]
            public async Task Bye(CloseInfo close, [FromServices] IStore? s, CancellationToken ct) => await Task.Yield();

            [Message("a")]
            public void Mixed(CancellationToken ct, UpgradeConnection connection, Payload payload, UpgradeRequest request, ClaimsPrincipal user, [FromQuery] int? limit,
                [FromQuery(Name = "o")] int offset = 3, [FromQuery] string? filter = null, [FromQuery] DateTime since = default) { }

            [Message("b", Concurrent = true)]
            public Task<int> Services([FromServices] IStore s, [FromServices] IStore? t, [FromKeyedServices("k")] IStore k) => Task.FromResult(1);

            [Message("c")]
            public Payload? Nullable(Payload? payload) => payload;

            [Message("d")]
            public byte[] Raw(ReadOnlyMemory<byte> json) => json.ToArray();

            [Message("e")]
            public async IAsyncEnumerable<int> Count(int to, [EnumeratorCancellation] CancellationToken ct)
            {
                await Task.Yield();
                yield return to;
            }

            [AnyMessage]
            public static void Unknown(MessageKind kind, ReadOnlySpan<byte> json) { }
        }

        public readonly record struct Payload(int X);
        """));

    [Fact]
    public Task Parameters_by_name_or_position_and_one_version_with_the_payload_whole() => Snapshots.Verify(GeneratorHost.RunClean("""
        namespace Calc;

        public sealed record Terms(int A, int B);

        [UpgradeProtocol("calc.rpc", Path = "/calc", Format = typeof(JsonRpcMessageFormat), JsonContext = typeof(CalcJson))]
        [UpgradeProtocol("calc.json", Path = "/calc", JsonContext = typeof(CalcJson))]
        public sealed class CalcHandler
        {
            [Message("subtract", Versions = ["calc.rpc"])]
            public int Subtract(int minuend, UpgradeConnection connection, int subtrahend = 0, string? note = null, string @in = "x") => minuend - subtrahend;

            [Message("add")] public int Add([Payload] Terms terms) => terms.A + terms.B;
            [Message("negate")] public int Negate(int value) => -value;
        }

        [JsonSerializable(typeof(Terms)), JsonSerializable(typeof(string))]
        public sealed partial class CalcJson : JsonSerializerContext;
        """));

    [Fact]
    public Task Tags_with_plain_payloads() => Snapshots.Verify(GeneratorHost.RunClean("""
        namespace Channels;

        public readonly record struct Size(int Width, int Height);

        [ClientContract]
        public interface IOutput { [Message(1)] ValueTask OutAsync(ReadOnlyMemory<byte> bytes); [Message(3)] ValueTask ErrorAsync(string text); }

        [UpgradeProtocol("channels", Format = typeof(ByteTagMessageFormat), JsonContext = typeof(ChannelJson), Client = typeof(IOutput))]
        public sealed class ChannelHandler
        {
            [Message(0)] public ValueTask InAsync(ReadOnlyMemory<byte> bytes) => default;
            [Message(4, ReplyTag = 5)] public Size Resize(Size size) => size;
            [Message(6)] public Task<string> EchoAsync(string text) => Task.FromResult(text);
        }

        [JsonSerializable(typeof(Size))]
        public sealed partial class ChannelJson : JsonSerializerContext;
        """));

    [Fact]
    public Task Ten_messages_of_one_length()
    {
        var methods = string.Join("\n", Enumerable.Range(0, 10).Select(i => $"    [Message(\"abc{i}x\")] public ValueTask M{i}(int value) => default;"));
        var run = GeneratorHost.RunClean($"[UpgradeProtocol(\"ten\")]\npublic class Ten\n{{\n{methods}\n}}\n");
        Assert.InRange(run.Files["Ten.g.cs"].Split('\n').Length, 1, 149);
        return Snapshots.Verify(run);
    }

    // The cost of a message doesn't grow with the number of messages.
    [Fact]
    public void A_lookup_among_many_names_compares_few_of_them()
    {
        var methods = string.Join("\n", Enumerable.Range(0, 500).Select(i => $"    [Message(\"say{i}\")] public int M{i}() => {i};"));
        var run = GeneratorHost.RunClean($"[UpgradeProtocol(\"many\")]\npublic class Many\n{{\n{methods}\n}}\n");

        var switches = CSharpSyntaxTree.ParseText(run.Files["Many.g.cs"], cancellationToken: TestContext.Current.CancellationToken)
            .GetRoot(TestContext.Current.CancellationToken)
            .DescendantNodes().OfType<SwitchStatementSyntax>();
        var compared = switches.SelectMany(one => one.DescendantNodes(node => node == one || node is not SwitchStatementSyntax)
            .OfType<CasePatternSwitchLabelSyntax>().GroupBy(label => label.Pattern.ToString(), label => label.WhenClause));

        Assert.Equal(500, compared.Sum(label => label.Count()));
        Assert.All(compared, label => Assert.InRange(label.Count(), 1, 4));
    }

    [Theory]
    [InlineData("say0")]
    [InlineData("say7")]
    [InlineData("say42")]
    [InlineData("say100")]
    [InlineData("say499")]
    public async Task Each_of_many_names_has_its_method(string name)
    {
        var methods = string.Join("\n", Enumerable.Range(0, 500).Select(i => $"    [Message(\"say{i}\")] public string M{i}() => \"method {i}\";"));
        var source = $$"""
            [JsonSerializable(typeof(string))]
            public sealed partial class Json : JsonSerializerContext;

            [UpgradeProtocol(Path = "/", JsonContext = typeof(Json))]
            public class Many
            {
            {{methods}}
            }
            """;

        var reply = await GeneratedServer.AskAsync(source, $$"""{"type":"{{name}}","id":1}""");

        Assert.Equal($$"""{"type":"reply","id":1,"data":"method {{name["say".Length..]}}"}""", reply);
    }

    [Fact]
    public Task Pushes_with_policies_keys_and_projections() => Snapshots.Verify(GeneratorHost.RunClean("""
        namespace Market;

        public sealed record Price(string Symbol, decimal Value);
        public sealed record PriceV1(string Ticker, string Value);
        public readonly record struct Place(int X, string? Zone);
        public interface IHasId { long Id { get; } }
        public sealed record Order(long Id, string @event) : IHasId;

        public interface IBase
        {
            [Projection("market.v0", "market.v1")]
            static PriceV1? ToV1(Price? price) => price is null ? null : new(price.Symbol, "1");
        }

        [ClientContract]
        internal interface IMarketEvents : IBase
        {
            [Message("price", SlowConsumer = SlowConsumerPolicy.DropOldest, LatestByKey = nameof(Price.Symbol))]
            ValueTask PriceAsync(Price price);

            [Message("waits", SlowConsumer = SlowConsumerPolicy.Wait)]
            ValueTask<SendResult> WaitAsync();

            [Message("maybe", LatestByKey = nameof(Price.Symbol))]
            ValueTask MaybeAsync(Price? price, CancellationToken ct);

            [Message("place", LatestByKey = nameof(Place.Zone))]
            ValueTask PlaceAsync(Place place);

            [Message("nowhere", LatestByKey = nameof(Place.X))]
            ValueTask NowhereAsync(Place? place);

            [Message("order", LatestByKey = nameof(Order.@event))]
            ValueTask OrderAsync(Order order);

            [Message("bytes")]
            ValueTask BytesAsync(ReadOnlyMemory<byte>? bytes);

            [Projection("market.v1")]
            internal static ReadOnlyMemory<byte> ToBytes(Order order) => default;

            [Projection("market.v0")]
            static ReadOnlyMemory<byte>? ToFewerBytes(Order order) => null;

            [Projection("market.v1")]
            static string? ToText(ReadOnlyMemory<byte>? bytes) => null;
        }

        [UpgradeProtocol("market.v2", Client = typeof(IMarketEvents), SlowConsumer = SlowConsumerPolicy.Wait)]
        [UpgradeProtocol("market.v1", Client = typeof(IMarketEvents))]
        [UpgradeProtocol("market.v0", Client = typeof(IMarketEvents))]
        public class Handler { [OnConnected] public void Connected() { } }
        """));

    [Fact]
    public Task Codecs_of_ones_own() => Snapshots.Verify(GeneratorHost.RunClean("""
        namespace Sensors;

        public record Reading(double Celsius);

        [PayloadCodec(MessageKind.Binary)]
        public sealed class PackedCodec : IPayloadCodec
        {
            public PayloadSerializer<T> GetSerializer<T>() => throw new NotSupportedException();
            public void WriteObject(System.Buffers.IBufferWriter<byte> output, object value) { }
        }

        public class WordyCodec<T> : IPayloadCodec
        {
            public PayloadSerializer<TPayload> GetSerializer<TPayload>() => throw new NotSupportedException();
            public void WriteObject(System.Buffers.IBufferWriter<byte> output, object value) { }
        }

        [ClientContract]
        public interface IAlarms { [Message] ValueTask AlarmAsync(Reading reading); }

        [UpgradeProtocol("packed", Codec = typeof(PackedCodec), Client = typeof(IAlarms))]
        public class PackedHandler
        {
            [Message] public Reading Higher(Reading reading) => reading with { Celsius = reading.Celsius + 1 };
            [Message] public void Note(string text) { }
        }

        [UpgradeProtocol("wordy", Codec = typeof(WordyCodec<int>))]
        public class WordyHandler { [Message("higher")] public Reading Higher(Reading reading) => reading; }
        """));

    [Fact]
    public Task Client_contract_of_every_shape() => Snapshots.Verify(GeneratorHost.RunClean("""
        namespace Clients;

        public record Tick(decimal Price);

        public interface IBase { [Message("base")] ValueTask BaseAsync(); }

        [ClientContract]
        public interface IEvents : IBase
        {
            [Message("tick")] ValueTask TickAsync(Tick tick);
            [Message("told")] ValueTask<SendResult> TellAsync(Tick? tick, CancellationToken cancellationToken);
            [Message("ask", Versions = ["v2"])] ValueTask<int> AskAsync(string question, CancellationToken cancellationToken = default);
            [Message("ask2")] Task<Tick?> AskTaskAsync();
            [Message("task")] Task TaskAsync(int count, CancellationToken token);
            [Message("bytes")] ValueTask BytesAsync(ReadOnlyMemory<byte> bytes);
            [Message(7)] Task<SendResult> SevenAsync(List<string?> names);
            [Message] ValueTask TextAsync(string text);
            ValueTask NotSentAsync() => default;
        }

        [UpgradeProtocol("raw", Client = typeof(IEvents), Format = typeof(RawMessageFormat))]
        public class Handler { [OnConnected] public void Connected() { } }
        """));
}
