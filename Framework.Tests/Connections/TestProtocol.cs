using System.IO.Pipelines;
using System.Threading.Channels;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols.Tests.Connections;

/// <summary>A handler as a user would write one: what it does is the test's.</summary>
internal sealed class TestHandler : IDisposable
{
    private readonly TaskCompletionSource<CloseInfo> _disconnected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public UpgradeConnection Connection { get; set; } = null!;

    public int ConnectedCount { get; private set; }

    public List<CloseInfo> Disconnections { get; } = [];

    public int DisposalCount { get; private set; }

    public Task<CloseInfo> Disconnected => _disconnected.Task.WaitAsync(Patience.Limit);

    /// <summary>The end of everything.</summary>
    public Task Disposed => _disposed.Task.WaitAsync(Patience.Limit);

    /// <summary>OnConnected has begun.</summary>
    public Task Opened => _opened.Task.WaitAsync(Patience.Limit);

    public void Connect()
    {
        ConnectedCount++;
        _opened.TrySetResult();
    }

    public void Disconnect(CloseInfo close)
    {
        Disconnections.Add(close);
        _disconnected.TrySetResult(close);
    }

    public void Dispose()
    {
        DisposalCount++;
        _disposed.TrySetResult();
    }
}

internal delegate ValueTask MessageMethod<TFormat>(TestHandler handler, ref MessageCall<TFormat> call)
    where TFormat : struct, IMessageFormat;

/// <summary>The actions of a test's handler at each point of its life.</summary>
internal sealed class TestLife
{
    private readonly Channel<TestHandler> _handlers = Channel.CreateUnbounded<TestHandler>();

    public Func<IServiceProvider, TestHandler> Create { get; set; } = _ => new TestHandler();

    public Func<UpgradeConnection, string?> Check { get; set; } = _ => null;

    public Func<TestHandler, ValueTask<UpgradeResult>> Upgrading { get; set; } = _ => new(UpgradeResult.Accept());

    public Func<TestHandler, ValueTask> Connected { get; set; } = _ => default;

    public Func<TestHandler, Task?> Background { get; set; } = _ => null;

    public Func<TestHandler, CloseInfo, ValueTask> Disconnected { get; set; } = (_, _) => default;

    /// <summary>Whether any handler was made.</summary>
    public bool HasMade { get; private set; }

    public TestHandler Make(IServiceProvider services)
    {
        HasMade = true;
        var handler = Create(services);
        _handlers.Writer.TryWrite(handler);
        return handler;
    }

    /// <summary>The next connection's handler, once the connection is open.</summary>
    public async Task<TestHandler> NextAsync()
    {
        var handler = await CreatedAsync();
        await handler.Opened;
        return handler;
    }

    /// <summary>The next handler that is made.</summary>
    public Task<TestHandler> CreatedAsync() => _handlers.Reader.ReadAsync().AsTask().WaitAsync(Patience.Limit);

    public ValueTask<UpgradeResult> OnUpgrading(object handler, UpgradeConnection connection)
    {
        ((TestHandler)handler).Connection = connection;
        return Upgrading((TestHandler)handler);
    }

    public ValueTask OnConnected(object handler)
    {
        ((TestHandler)handler).Connect();
        return Connected((TestHandler)handler);
    }

    public async ValueTask OnDisconnected(object handler, CloseInfo close)
    {
        ((TestHandler)handler).Disconnect(close);
        await Disconnected((TestHandler)handler, close);
    }
}

/// <summary>A dispatcher as the generator would make it, for WebSockets.</summary>
internal sealed class TestDispatcher<TFormat>(TFormat format, TestLife life, MessageMethod<TFormat> method) : MessageDispatcher<TFormat>(format)
    where TFormat : struct, IMessageFormat
{
    public override object CreateHandler(UpgradeConnection connection) => life.Make(connection.Services);

    public override string? CheckRequest(UpgradeConnection connection) => life.Check(connection);

    public override ValueTask<UpgradeResult> OnUpgradingAsync(object handler, UpgradeConnection connection) => life.OnUpgrading(handler, connection);

    public override ValueTask OnConnectedAsync(object handler, UpgradeConnection connection) => life.OnConnected(handler);

    public override Task? RunBackgroundAsync(object handler, UpgradeConnection connection) => life.Background((TestHandler)handler);

    public override ValueTask OnDisconnectedAsync(object handler, UpgradeConnection connection, CloseInfo close) => life.OnDisconnected(handler, close);

    public override ValueTask DispatchAsync(object handler, ref MessageCall<TFormat> message) => method((TestHandler)handler, ref message);
}

/// <summary>A dispatcher as the generator would make it, for raw protocols with framing.</summary>
internal sealed class TestFramedDispatcher<TFormat, TFraming>(TFormat format, TFraming framing, TestLife life, MessageMethod<TFormat> method)
    : FramedMessageDispatcher<TFormat, TFraming>(format, framing)
    where TFormat : struct, IMessageFormat
    where TFraming : struct, IMessageFraming
{
    public override object CreateHandler(UpgradeConnection connection) => life.Make(connection.Services);

    public override ValueTask<UpgradeResult> OnUpgradingAsync(object handler, UpgradeConnection connection) => life.OnUpgrading(handler, connection);

    public override ValueTask OnConnectedAsync(object handler, UpgradeConnection connection) => life.OnConnected(handler);

    public override Task? RunBackgroundAsync(object handler, UpgradeConnection connection) => life.Background((TestHandler)handler);

    public override ValueTask OnDisconnectedAsync(object handler, UpgradeConnection connection, CloseInfo close) => life.OnDisconnected(handler, close);

    public override ValueTask DispatchAsync(object handler, ref MessageCall<TFormat> message) => method((TestHandler)handler, ref message);
}

/// <summary>A dispatcher as the generator would make it, for raw protocols without framing.</summary>
internal sealed class TestPipeDispatcher(TestLife life, Func<TestHandler, IDuplexPipe, Task> method) : PipeDispatcher
{
    public override object CreateHandler(UpgradeConnection connection) => life.Make(connection.Services);

    public override ValueTask<UpgradeResult> OnUpgradingAsync(object handler, UpgradeConnection connection) => life.OnUpgrading(handler, connection);

    public override ValueTask OnConnectedAsync(object handler, UpgradeConnection connection) => life.OnConnected(handler);

    public override Task? RunBackgroundAsync(object handler, UpgradeConnection connection) => life.Background((TestHandler)handler);

    public override ValueTask OnDisconnectedAsync(object handler, UpgradeConnection connection, CloseInfo close) => life.OnDisconnected(handler, close);

    public override async ValueTask RunAsync(object handler, UpgradeConnection connection, IDuplexPipe pipe) =>
        await method((TestHandler)handler, pipe);
}

/// <summary>The client contract of the tests, with the proxy that the generator would make.</summary>
internal interface IEvents
{
    ValueTask<SendResult> SaidAsync(string text);

    ValueTask<string> AskAsync(string question, CancellationToken cancellationToken = default);
}

internal sealed class EventsProxy(ClientTarget target) : ClientProxy(target, typeof(IEvents)), IEvents
{
    public static readonly PushMethod<string> Said = new("said");
    public static readonly PushMethod<string> Ask = new("ask");

    public ValueTask<SendResult> SaidAsync(string text) => PushAsync(Said, text);

    public ValueTask<string> AskAsync(string question, CancellationToken cancellationToken = default) =>
        RequestAsync<string, string>(Ask, question, cancellationToken);
}

/// <summary>Entries for the negotiation table, as the generator would write them.</summary>
internal static class TestProtocol
{
    public static IPayloadCodec Codec { get; } = new ReflectionJsonCodec();

    public static PayloadSerializer<string> Strings { get; } = Codec.GetSerializer<string>();

    public static PayloadSerializer<int> Numbers { get; } = Codec.GetSerializer<int>();

    public static ProtocolEntry Json(
        TestLife life,
        MessageMethod<JsonMessageFormat> method,
        string path = "/",
        string? name = null,
        SlowConsumerPolicy? policy = null,
        int maxMessageSize = 0) => new()
        {
            Path = path,
            Name = name,
            IsDefault = name is null,
            HandlerType = typeof(TestHandler),
            Dispatcher = new TestDispatcher<JsonMessageFormat>(new JsonMessageFormat(), life, method),
            Codec = Codec,
            ClientType = typeof(IEvents),
            SlowConsumer = policy,
            MaxMessageSize = maxMessageSize,
        };

    public static ProtocolEntry Raw(
        TestLife life, MessageMethod<RawMessageFormat> method, string path = "/", SlowConsumerPolicy? policy = null, int maxMessageSize = 0) => new()
        {
            Path = path,
            IsDefault = true,
            HandlerType = typeof(TestHandler),
            Dispatcher = new TestDispatcher<RawMessageFormat>(new RawMessageFormat(), life, method),
            SlowConsumer = policy,
            MaxMessageSize = maxMessageSize,
        };

    public static ProtocolEntry Lines(TestLife life, MessageMethod<RawMessageFormat> method, string path = "/", string name = "lines/1", int maxMessageSize = 0) => new()
    {
        Path = path,
        Name = name,
        Kind = UpgradeKind.Raw,
        HandlerType = typeof(TestHandler),
        Dispatcher = new TestFramedDispatcher<RawMessageFormat, LineFraming>(new RawMessageFormat(), new LineFraming(), life, method),
        MaxMessageSize = maxMessageSize,
    };

    public static ProtocolEntry Pipe(
        TestLife life, Func<TestHandler, IDuplexPipe, Task> method, string path = "/", string name = "pipe/1", params string[] methods) => new()
        {
            Path = path,
            Name = name,
            Kind = UpgradeKind.Raw,
            Methods = methods is { Length: > 0 } ? methods : ["GET"],
            HandlerType = typeof(TestHandler),
            Dispatcher = new TestPipeDispatcher(life, method),
        };

    /// <summary>Sends each message back as it came.</summary>
    public static ValueTask Echo(TestHandler handler, ref MessageCall<RawMessageFormat> call) =>
        call.Done(handler.Connection.SendAsync(call.Payload, call.Kind));

    /// <summary>No test may call it.</summary>
    public static ValueTask Nothing<TFormat>(TestHandler handler, ref MessageCall<TFormat> call)
        where TFormat : struct, IMessageFormat => call.Unknown();
}
