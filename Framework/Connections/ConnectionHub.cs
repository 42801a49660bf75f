using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>All connections of a server, their groups and users, and their common clock and limits.</summary>
internal sealed class ConnectionHub : IConnections, IDisposable
{
    private readonly ConcurrentDictionary<string, UpgradeConnection> _connections = new(StringComparer.Ordinal);

    // Connections that have ended while their handlers still run. A server that stops waits for them.
    private readonly ConcurrentDictionary<string, UpgradeConnection> _ending = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<ProtocolEntry, ProtocolMeter> _meters = new();
    private TaskCompletionSource? _empty;
    private UpgradeOptions _options;
    private volatile bool _isStopping;

    public ConnectionHub(
        IServiceProvider services,
        IOptions<UpgradeOptions> options,
        TimeProvider time,
        UpgradeMetrics metrics,
        FilterSet filters,
        IEnumerable<IMessageExceptionMapper> exceptionMappers,
        ILogger<UpgradeConnection> logger,
        BackplaneParts? backplane = null)
    {
        Services = services;
        Metrics = metrics;
        Filters = filters;
        ExceptionMappers = [.. exceptionMappers];
        _options = options.Value;
        Clock = new ConnectionClock(time, logger, time == TimeProvider.System ? new ThreadPoolProbe() : null);
        Served = new ConnectionLimit(Options.MaxConnections);
        Lingering = new LingeringConnections(Served);
        Deflate = new DeflateOptions
        {
            MinimumSize = Options.Compression.MinimumSize,
            Level = Options.Compression.Level,
            ContextTakeover = Options.Compression.ContextTakeover,
            ContextLimit = new DeflateContextLimit(Options.Compression.MaxContexts),
            ClientMaxWindowBits = Options.Compression.ClientMaxWindowBits,
        };
        Logger = logger;
        Backplane = backplane is null ? null : new BackplaneLink(this, backplane, time);
        Groups = Registry(BackplaneChannels.GroupPrefix);
        Users = Registry(BackplaneChannels.UserPrefix);
        Presence = new PresenceService(this, time);
        metrics.ObserveQueues(MeasureQueues);
    }

    /// <summary>The application's services, which outlive a connection's.</summary>
    public IServiceProvider Services { get; }

    /// <summary>The current options. A caller that needs two related options reads this property once.</summary>
    public UpgradeOptions Options
    {
        get => Volatile.Read(ref _options);
        set => Volatile.Write(ref _options, value);
    }

    public ConnectionClock Clock { get; }

    /// <summary>Counts the connections of the lightweight server.</summary>
    public ConnectionLimit Served { get; }

    /// <summary>The connections that have sent their last bytes and wait for the peer to end.</summary>
    public LingeringConnections Lingering { get; }

    public DeflateOptions Deflate { get; }

    public ILogger Logger { get; }

    public UpgradeMetrics Metrics { get; }

    public FilterSet Filters { get; }

    public IMessageExceptionMapper[] ExceptionMappers { get; }

    /// <summary>The policies of the rules that have been evaluated so far.</summary>
    public ConcurrentDictionary<AccessRule, AuthorizationPolicy> Policies { get; } = new();

    public GroupRegistry Groups { get; }

    public GroupRegistry Users { get; }

    /// <summary>All open connections, enumerable like a group.</summary>
    public MemberList Everyone { get; } = new("");

    /// <summary>Flushes group messages that are sent outside of the members' own threads.</summary>
    public FlushCoalescer Flushes { get; } = new();

    /// <summary>The link to other nodes; null without a backplane.</summary>
    public BackplaneLink? Backplane { get; }

    public PresenceService Presence { get; }

    /// <summary>Whether the server is closing its connections: a connection that is added later closes itself.</summary>
    public bool IsStopping
    {
        get => _isStopping;
        set => _isStopping = value;
    }

    public int Count => _connections.Count;

    /// <summary>The number of connections that have ended while their handlers still run.</summary>
    public int EndingCount => _ending.Count;

    // In this order: a connection that moves from one to the other is in both for a moment.
    private bool IsEmpty => _connections.IsEmpty && _ending.IsEmpty;

    /// <summary>For the test server: called with each connection that other code can find and send to.</summary>
    public Action<UpgradeConnection>? Enlisted { get; set; }

    public string NewId()
    {
        Span<byte> random = stackalloc byte[16];
        RandomNumberGenerator.Fill(random);
        var id = Base64Url.EncodeToString(random);
        return Backplane is { } backplane ? backplane.Node.Mark(id) : id;
    }

    public void Add(UpgradeConnection connection) => _connections[connection.Id] = connection;

    /// <summary>The connection has ended, and its handler still runs.</summary>
    public void Delist(UpgradeConnection connection)
    {
        _ending[connection.Id] = connection;
        _connections.TryRemove(connection.Id, out _);
    }

    public void Remove(UpgradeConnection connection)
    {
        _connections.TryRemove(connection.Id, out _);
        _ending.TryRemove(connection.Id, out _);
        if (_empty is { } empty && IsEmpty)
        {
            empty.TrySetResult();
        }
    }

    /// <summary>Waits until no connection is left and no handler runs.</summary>
    public Task WhenEmptyAsync()
    {
        LazyInitializer.EnsureInitialized(ref _empty, static () => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        return IsEmpty ? Task.CompletedTask : _empty.Task;
    }

    /// <summary>All connections, including those that have ended while their handlers still run.</summary>
    public UpgradeConnection[] Snapshot() => [.. _connections.Values, .. _ending.Values];

    public IReadOnlyList<UpgradeConnection> List() => [.. _connections.Values];

    public UpgradeConnection? Find(string id) => _connections.GetValueOrDefault(id);

    public IReadOnlyList<UpgradeConnection> FindByUser(string userId) => Users.Find(userId)?.ToArray() ?? [];

    public IReadOnlyList<UpgradeConnection> FindByGroup(string group) => Groups.Find(group)?.ToArray() ?? [];

    public int CountOf(string? protocol) => _connections.Values.Count(connection => connection.Protocol == protocol);

    public bool Close(string id, int code = WebSocketCloseCode.NormalClosure, string reason = "")
    {
        UpgradeConnection.CheckClose(code, reason);
        var isFirst = Find(id) is { } connection && connection.Conversation.TryBeginClose(code, reason);

        // Messages that its client sent before the end aren't started any more either.
        _ending.GetValueOrDefault(id)?.Conversation.GiveUp();
        return isFirst;
    }

    public int CloseUser(string userId, int code = WebSocketCloseCode.NormalClosure, string reason = "")
    {
        UpgradeConnection.CheckClose(code, reason);
        var closed = 0;
        foreach (var connection in FindByUser(userId))
        {
            closed += connection.Conversation.TryBeginClose(code, reason) ? 1 : 0;
        }

        // Messages that the user's clients sent before the end aren't started any more either.
        foreach (var (_, connection) in _ending)
        {
            if (connection.UserId == userId)
            {
                connection.Conversation.GiveUp();
            }
        }

        return closed;
    }

    public int Broadcast(ReadOnlySpan<byte> message, MessageKind kind, Func<UpgradeConnection, bool>? predicate = null)
    {
        var shared = SharedMessage.Copy(message, kind);
        try
        {
            using var batch = FlushBatch.Begin(Flushes);
            using var push = new FanOut<RawPush>(new RawPush(shared), policy: null, waits: false);
            push.Send(Everyone, except: null, predicate);
            return push.Reached;
        }
        finally
        {
            shared.Release();
        }
    }

    /// <summary>The meter of a protocol's connections.</summary>
    public ProtocolMeter MeterOf(ProtocolEntry entry) =>
        _meters.GetOrAdd(entry, static (entry, hub) => new ProtocolMeter(hub.Metrics, entry, hub.Clock.Time), this);

    public void Dispose()
    {
        Clock.Dispose();
        Backplane?.Dispose();
    }

    private GroupRegistry Registry(string prefix) => Backplane is { } backplane
        ? new GroupRegistry(name => backplane.Channels.Open(prefix + name))
        : new GroupRegistry();

    private Measurement<long>[] MeasureQueues() =>
    [
        .. _meters.Values
            .GroupJoin(_connections.Values, static meter => meter, static connection => connection.Meter, static (meter, connections) =>
                new Measurement<long>(connections.Sum(static connection => connection.Conversation.QueuedBytes), meter.Tags)),
    ];
}
