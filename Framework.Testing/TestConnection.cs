using System.IO.Pipelines;
using System.Security.Claims;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols.Testing;

/// <summary>
/// A connection for a handler that a test creates with <see langword="new"/>: no server, no bytes. It records the sent messages, the groups
/// that it joins, and its close.
/// </summary>
/// <example>
/// <code>
/// using var test = new TestConnection("/rooms/7", protocol: "chat.v2", user: "ann");
/// await new RoomHandler(clients).JoinAsync(new Join("lobby"), test.Connection);
/// Assert.Contains("lobby", test.Connection.Groups);
/// </code>
/// </example>
public sealed class TestConnection : IDisposable
{
    private readonly ServiceProvider _services;
    private readonly RecordingFraming _sent = new();

    /// <summary>Creates an open connection.</summary>
    /// <param name="path">The request's path, with an optional query string.</param>
    /// <param name="protocol">The protocol's name; <see langword="null"/> for a path's default.</param>
    /// <param name="user">The user's id; <see langword="null"/> for no user.</param>
    /// <param name="routeValues">The route values.</param>
    /// <param name="headers">The request's headers.</param>
    /// <param name="services">
    /// Adds services for the connection, such as <c>RecordingClients</c> for <see cref="UpgradeConnection.Client{T}"/>.
    /// </param>
    /// <param name="time">The clock; <see langword="null"/> for the system clock.</param>
    public TestConnection(
        string path = "/",
        string? protocol = null,
        string? user = null,
        IReadOnlyDictionary<string, string>? routeValues = null,
        IReadOnlyDictionary<string, string>? headers = null,
        Action<IServiceCollection>? services = null,
        TimeProvider? time = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var collection = new ServiceCollection();
        if (time is not null)
        {
            collection.AddSingleton(time);
        }

        _ = new UpgradeProtocolsBuilder(collection);
        services?.Invoke(collection);
        _services = collection.BuildServiceProvider();
        var entry = new ProtocolEntry
        {
            Path = "/",
            Name = protocol,
            HandlerType = typeof(TestConnection),
            Dispatcher = new NoDispatcher(),
        };
        Connection = new UpgradeConnection(
            _services.GetRequiredService<ConnectionHub>(), entry, Request(path, headers), routeValues ?? new Dictionary<string, string>(),
            new ConnectionServices(_services));
        if (user is not null)
        {
            Connection.SetUser(new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, user)], "test")));
        }

        var session = new HandlerSession(Connection, new object());
        var conversation = Connection.Conversation;
        Connection.Session = session;
        conversation.Open(
            session.Conversing, new Outbound(PipeWriter.Create(Stream.Null), _sent, int.MaxValue, SlowConsumerPolicy.Wait, conversation));
        Connection.Enlist();
    }

    /// <summary>The connection to pass to the handler.</summary>
    public UpgradeConnection Connection { get; }

    /// <summary>The messages sent with <see cref="UpgradeConnection.SendAsync(string, CancellationToken)"/>, oldest first.</summary>
    public IReadOnlyList<SentMessage> Sent => _sent.Messages;

    /// <summary>How the connection was closed; <see langword="null"/> while it is open.</summary>
    public CloseInfo? Close => Connection.Close;

    /// <summary>Ends the connection from the peer's side, so that <see cref="UpgradeConnection.Closed"/> is cancelled.</summary>
    /// <param name="code">The close code; 1006 for a lost peer.</param>
    /// <param name="reason">The close reason.</param>
    /// <returns>The close, for the handler's <see cref="OnDisconnectedAttribute"/> method.</returns>
    public CloseInfo CloseByPeer(int code = 1000, string reason = "")
    {
        Connection.Conversation.TryClose(new CloseInfo(code, reason, code == 1006 ? CloseInitiator.Transport : CloseInitiator.Peer));
        Connection.TryDelist();
        return Connection.Close!.Value;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Connection.End();
        _services.Dispose();
    }

    private static UpgradeRequest Request(string path, IReadOnlyDictionary<string, string>? headers)
    {
        var parser = new RequestHeadParser(new HttpLimits());
        var head = new StringBuilder($"GET {path} HTTP/1.1\r\n");
        foreach (var (name, value) in headers ?? new Dictionary<string, string>())
        {
            head.Append(name).Append(": ").Append(value).Append("\r\n");
        }

        if (headers?.Keys.Contains("Host", StringComparer.OrdinalIgnoreCase) != true)
        {
            head.Append("Host: localhost\r\n");
        }

        var bytes = new System.Buffers.ReadOnlySequence<byte>(Encoding.Latin1.GetBytes(head.Append("\r\n").ToString()));
        return parser.Parse(ref bytes) == HeadParseStatus.Done
            ? new UpgradeRequest(parser.Head!.Value)
            : throw new ArgumentException($"The request is invalid: {parser.Error?.Message}", nameof(path));
    }

    // The connection has no bytes to read: a pipe's session leaves them alone.
    private sealed class NoDispatcher : PipeDispatcher
    {
        public override object CreateHandler(UpgradeConnection connection) => throw new NotSupportedException();

        public override ValueTask RunAsync(object handler, UpgradeConnection connection, IDuplexPipe pipe) => throw new NotSupportedException();
    }

    private sealed class RecordingFraming : OutboundFraming
    {
        private readonly Lock _gate = new();
        private readonly List<SentMessage> _messages = [];

        public IReadOnlyList<SentMessage> Messages
        {
            get
            {
                lock (_gate)
                {
                    return [.. _messages];
                }
            }
        }

        public override void WriteMessage(PipeWriter output, MessageKind kind, ReadOnlySpan<byte> payload)
        {
            lock (_gate)
            {
                _messages.Add(new SentMessage(kind, payload.ToArray()));
            }
        }
    }
}

/// <summary>A message that a handler has sent on its connection.</summary>
/// <param name="Kind">Text or binary.</param>
/// <param name="Bytes">The message's bytes.</param>
public sealed record SentMessage(MessageKind Kind, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>The message as text.</summary>
    public string Text => Encoding.UTF8.GetString(Bytes.Span);

    /// <inheritdoc/>
    public override string ToString() => Text;
}
