using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using UpgradeProtocols.Runtime;

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
    }

    /// <summary>The application's services, which outlive a connection's.</summary>
    public IServiceProvider Services { get; }

    public UpgradeOptions Options { get; }

    public ConnectionClock Clock { get; }

    public DeflateOptions Deflate { get; }

    public ILogger Logger { get; }

    public GroupRegistry Groups { get; } = new();

    /// <summary>The policies of the rules that were asked for.</summary>
    public ConcurrentDictionary<AccessRule, AuthorizationPolicy> Policies { get; } = new();

    public GroupRegistry Users { get; } = new();

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
        return Base64Url.EncodeToString(random);
    }

    public void Add(UpgradeConnection connection)
    {
        _connections[connection.Id] = connection;
        if (connection.UserId is { } user)
        {
            Users.Add(user, connection);
        }
    }

    public void Remove(UpgradeConnection connection, string? userId)
    {
        _connections.TryRemove(connection.Id, out _);
        if (userId is not null)
        {
            Users.Remove(userId, connection);
        }

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

    public void UserChanged(UpgradeConnection connection, string? before, string? after)
    {
        if (before == after || !_connections.ContainsKey(connection.Id))
        {
            return;
        }

        if (before is not null)
        {
            Users.Remove(before, connection);
        }

        if (after is not null)
        {
            Users.Add(after, connection);
        }
    }

    public UpgradeConnection[] Snapshot() => [.. _connections.Values];

    public IReadOnlyList<UpgradeConnection> List() => Snapshot();

    public UpgradeConnection? Find(string id) => _connections.GetValueOrDefault(id);

    public IReadOnlyList<UpgradeConnection> FindByUser(string userId) => Users.Members(userId).ToArray();

    public IReadOnlyList<UpgradeConnection> FindByGroup(string group) => Groups.Members(group).ToArray();

    public void Dispose() => Clock.Dispose();
}
