using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Threading.RateLimiting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>An upgraded connection, from before its 101 to its end. All threads may use its members.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The token's source has no timer and no wait handle; handlers may hold the token after the end.")]
public sealed partial class UpgradeConnection : IConversationOwner
{
    private readonly ConnectionHub _hub;
    private readonly ConnectionServices _services;
    private ConnectionLimit? _limit;
    private readonly long _openedAt;
    private Membership? _asConnection;
    private Dictionary<object, object?>? _items;
    private bool _isEnlisted;
    private bool _hasEnded;

    internal UpgradeConnection(
        ConnectionHub hub,
        ProtocolEntry entry,
        UpgradeRequest request,
        IReadOnlyDictionary<string, string> routeValues,
        ConnectionServices services,
        ConnectionLimit? limit = null)
    {
        _hub = hub;
        _services = services;
        _limit = limit;
        Entry = entry;
        Request = request;
        RouteValues = routeValues;
        Id = hub.NewId();
        Meter = hub.MeterOf(entry);
        _openedAt = hub.Clock.Time.GetUtcNow().Ticks;
        Conversation = new Conversation(this);
    }

    /// <summary>The connection's id: unique among all servers, and not guessable from another id.</summary>
    public string Id { get; }

    /// <summary>The negotiated protocol, as it was declared; <see langword="null"/> where the path's default has no name.</summary>
    public string? Protocol => Entry.Name;

    /// <summary>The time of the upgrade request.</summary>
    public DateTimeOffset OpenedAt => new(_openedAt, TimeSpan.Zero);

    /// <summary>The upgrade request.</summary>
    public UpgradeRequest Request { get; }

    /// <summary>The route values: the path segments that the declaration has in braces, by name.</summary>
    public IReadOnlyDictionary<string, string> RouteValues { get; }

    /// <summary>The connection's services. They live as long as the connection.</summary>
    public IServiceProvider Services => _services;

    /// <summary>The application's own values for this connection. Created on first use; not thread-safe.</summary>
    public IDictionary<object, object?> Items => _items ??= [];

    /// <summary>The limiter of the message rate, if there is one. The session disposes of it.</summary>
    internal RateLimiter? RateLimiter { get; set; }

    internal ProtocolEntry Entry { get; }

    internal ProtocolMeter Meter { get; }

    /// <summary>The conversation with the peer.</summary>
    internal Conversation Conversation { get; }

    /// <summary>The session of the handler; null before the upgrade.</summary>
    internal HandlerSession? Session { get; set; }

    /// <summary>Links to the connection's activity, for those of its messages; null where it has none.</summary>
    internal ActivityLink[]? ActivityLinks { get; set; }

    /// <summary>The compression that was agreed on, if any.</summary>
    internal DeflateAgreement? Compression { get; set; }

    internal UpgradeOptions Options => _hub.Options;

    internal TimeProvider Time => _hub.Clock.Time;

    internal ConnectionClock Clock => _hub.Clock;

    internal ConnectionHub Hub => _hub;

    internal ILogger Logger => _hub.Logger;

    internal Outbound Outbound => Conversation.Outbound;

    WebSocketRole IConversationOwner.Role => WebSocketRole.Server;

    string IConversationOwner.DisplayName => Entry.DisplayName;

    ILogger IConversationOwner.Logger => Logger;

    IConversationOptions IConversationOwner.Options => Options;

    ConnectionClock IConversationOwner.Clock => Clock;

    IConversationMeter IConversationOwner.Meter => Meter;

    int IConversationOwner.MaxMessageSize => Entry.MaxMessageSize > 0 ? Entry.MaxMessageSize : Options.MaxMessageSize;

    SlowConsumerPolicy? IConversationOwner.SlowConsumer => Entry.SlowConsumer;

    DeflateAgreement? IConversationOwner.Compression => Compression;

    DeflateOptions IConversationOwner.Deflate => _hub.Deflate;

    /// <summary>The connection's lock: an object of each connection that isn't accessible from outside.</summary>
    private object Gate => _services.Gate;

    /// <summary>Gets the client contract's methods, which send to this connection.</summary>
    /// <typeparam name="T">A client contract.</typeparam>
    /// <returns>The client.</returns>
    /// <exception cref="InvalidOperationException">No protocol declares the contract.</exception>
    public T Client<T>()
        where T : class => (_hub.Services.GetService<IClients<T>>() ?? throw new InvalidOperationException(
            $"{typeof(T)} is not a client contract of a declared protocol. Mark it with [ClientContract] and name it in [UpgradeProtocol(Client = …)]."))
            .Connection(this);

    /// <summary>Sends a message as it is, without an envelope.</summary>
    /// <param name="payload">The message. It may be reused as soon as the method returns.</param>
    /// <param name="kind">Text (which must be UTF-8) or binary.</param>
    /// <param name="cancellationToken">Ends the waiting for room in the outbound queue; the message is sent all the same.</param>
    /// <returns>The result of the send.</returns>
    /// <exception cref="InvalidOperationException">The connection isn't upgraded yet, or is a pipe.</exception>
    public ValueTask<SendResult> SendAsync(ReadOnlySpan<byte> payload, MessageKind kind, CancellationToken cancellationToken = default) =>
        Outbound.PushAsync(payload, kind, cancellationToken);

    /// <summary>Sends a text message as it is, without an envelope.</summary>
    /// <param name="text">The message.</param>
    /// <param name="cancellationToken">Ends the waiting for room in the outbound queue; the message is sent all the same.</param>
    /// <returns>The result of the send.</returns>
    /// <exception cref="InvalidOperationException">The connection isn't upgraded yet, or is a pipe.</exception>
    public ValueTask<SendResult> SendAsync(string text, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        var output = MessageWriter.Rent();
        try
        {
            Encoding.UTF8.GetBytes(text, output);
            return Outbound.PushAsync(output.Written, MessageKind.Text, cancellationToken);
        }
        finally
        {
            output.Return();
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Id} ({Entry.DisplayName})";

    /// <summary>Releases the connection's resources: its services, and its place within the protocol's limit.</summary>
    internal async ValueTask ReleaseAsync()
    {
        try
        {
            await _services.DisposeAsync();
        }
        catch (Exception e)
        {
            ConnectionLog.EndFailed(Logger, e, Id, Entry.DisplayName);
        }

        LeaveLimit();
    }

    /// <summary>Releases the place within the protocol's limit, before the other resources where those may take time.</summary>
    internal void LeaveLimit() => Interlocked.Exchange(ref _limit, null)?.Leave();

    /// <summary>Makes the connection known: from here on other code can find it and send to it.</summary>
    internal void Enlist()
    {
        _hub.Add(this);
        lock (Gate)
        {
            _isEnlisted = true;
            _hub.Everyone.TryAdd(_asConnection = new Membership(this));
            FollowUser();
            foreach (var (group, member) in _groups ?? [])
            {
                _hub.Groups.Add(group, member);
            }
        }

        WatchExpiry();
        _hub.Enlisted?.Invoke(this);
    }

    /// <summary>
    /// The connection has ended: it leaves its groups and can't be found any more, though its handler may still run. Returns whether this
    /// call has removed it.
    /// </summary>
    internal bool TryDelist()
    {
        lock (Gate)
        {
            if (!_isEnlisted || _hasEnded)
            {
                return false;
            }

            _hasEnded = true;
            foreach (var (_, member) in _groups ?? [])
            {
                _hub.Groups.Remove(member);
            }

            FollowUser();
            _asConnection?.Leave();
        }

        _hub.Delist(this);
        return true;
    }

    /// <summary>The handler has ended too.</summary>
    internal void End()
    {
        TryDelist();
        _hub.Remove(this);
        if (_login?.Expiry is { } expiry)
        {
            Clock.Remove(expiry);
        }
    }
}
