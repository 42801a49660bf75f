using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace UpgradeProtocols;

/// <summary>All connections of a server: who is there, in which groups, and their common clock and limits.</summary>
internal sealed class ConnectionHub : IConnections, IDisposable
{
    private readonly ConcurrentDictionary<string, UpgradeConnection> _connections = new(StringComparer.Ordinal);
    private TaskCompletionSource? _empty;
    private volatile bool _isStopping;

    public ConnectionHub(IServiceProvider services, IOptions<UpgradeOptions> options, TimeProvider time, ILogger<UpgradeConnection> logger)
    {
        Services = services;
        Options = options.Value;
        Clock = new ConnectionClock(time, logger);
        Deflate = new DeflateOptions
        {
            MinimumSize = Options.Compression.MinimumSize,
            Level = Options.Compression.Level,
            ContextTakeover = Options.Compression.ContextTakeover,
            ContextLimit = new DeflateContextLimit(Options.Compression.MaxContexts),
            ClientMaxWindowBits = Options.Compression.ClientMaxWindowBits,
        };
        Logger = logger;
        Backplane = services.GetService<BackplaneLink>();
        Groups = Registry(BackplaneChannels.GroupPrefix);
        Users = Registry(BackplaneChannels.UserPrefix);
        Presence = new PresenceService(this, time);
        Backplane?.Attach(this);
    }

    /// <summary>The application's services, which outlive a connection's.</summary>
    public IServiceProvider Services { get; }

    public UpgradeOptions Options { get; }

    public ConnectionClock Clock { get; }

    public DeflateOptions Deflate { get; }

    public ILogger Logger { get; }

    public GroupRegistry Groups { get; }

    public GroupRegistry Users { get; }

    /// <summary>All open connections, to be walked like a group.</summary>
    public MemberList Everyone { get; } = new("");

    /// <summary>The way to other nodes, where there is one.</summary>
    public BackplaneLink? Backplane { get; }

    public PresenceService Presence { get; }

    /// <summary>Whether the server is telling its connections to close: one that is added later tells itself.</summary>
    public bool IsStopping
    {
        get => _isStopping;
        set => _isStopping = value;
    }

    public int Count => _connections.Count;

    public string NewId()
    {
        Span<byte> random = stackalloc byte[16];
        RandomNumberGenerator.Fill(random);
        var id = Base64Url.EncodeToString(random);
        return Backplane is { } backplane ? backplane.Node.Mark(id) : id;
    }

    public void Add(UpgradeConnection connection) => _connections[connection.Id] = connection;

    public void Remove(UpgradeConnection connection)
    {
        _connections.TryRemove(connection.Id, out _);

        if (_empty is { } empty && _connections.IsEmpty)
        {
            empty.TrySetResult();
        }
    }

    /// <summary>Waits until no connection is left.</summary>
    public Task WhenEmptyAsync()
    {
        LazyInitializer.EnsureInitialized(ref _empty, static () => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        return _connections.IsEmpty ? Task.CompletedTask : _empty.Task;
    }

    public UpgradeConnection[] Snapshot() => [.. _connections.Values];

    public IReadOnlyList<UpgradeConnection> List() => Snapshot();

    public UpgradeConnection? Find(string id) => _connections.GetValueOrDefault(id);

    public IReadOnlyList<UpgradeConnection> FindByUser(string userId) => Users.Find(userId)?.ToArray() ?? [];

    public IReadOnlyList<UpgradeConnection> FindByGroup(string group) => Groups.Find(group)?.ToArray() ?? [];

    public void Dispose() => Clock.Dispose();

    private GroupRegistry Registry(string prefix) => Backplane is { } backplane
        ? new GroupRegistry(name => backplane.Channels.Open(prefix + name))
        : new GroupRegistry();
}
