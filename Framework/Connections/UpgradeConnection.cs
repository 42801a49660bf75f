using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Claims;
using System.Text;
using System.Threading.RateLimiting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>An upgraded connection, from before its 101 to its end. Its members may be used by any thread.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The token's source has no timer and no wait handle; handlers may hold the token after the end.")]
public sealed class UpgradeConnection
{
    private readonly ConnectionHub _hub;
    private readonly Lock _gate = new();
    private readonly ConnectionServices _services;
    private readonly ConnectionLimit? _limit;
    private Dictionary<string, Membership>? _groups;
    private Membership? _asUser;
    private Membership? _asConnection;
    private Dictionary<object, object?>? _items;
    private ClaimsPrincipal? _user;
    private ConnectionSession? _session;
    private Outbound? _outbound;
    private CloseInfo? _close;
    private UserExpiry? _expiry;
    private CancellationTokenSource? _closed;
    private volatile bool _isClosing;
    private bool _isEnlisted;
    private bool _hasEnded;

    internal UpgradeConnection(
        ConnectionHub hub,
        ProtocolEntry entry,
        UpgradeRequest request,
        IReadOnlyDictionary<string, string> pathValues,
        ConnectionServices services,
        ConnectionLimit? limit = null)
    {
        _hub = hub;
        _services = services;
        _limit = limit;
        Entry = entry;
        Request = request;
        PathValues = pathValues;
        Id = hub.NewId();
        Meter = hub.MeterOf(entry);
        OpenedAt = hub.Clock.Time.GetUtcNow();
    }

    /// <summary>The connection's id: unique among all servers, and not to be guessed from another.</summary>
    public string Id { get; }

    /// <summary>The protocol that was negotiated, as it was declared; <see langword="null"/> where the path's default has no name.</summary>
    public string? Protocol => Entry.Name;

    /// <summary>When the upgrade was asked for.</summary>
    public DateTimeOffset OpenedAt { get; }

    /// <summary>The request that asked for the upgrade.</summary>
    public UpgradeRequest Request { get; }

    /// <summary>The segments of the path that stand in braces in the declaration, by name.</summary>
    public IReadOnlyDictionary<string, string> PathValues { get; }

    /// <summary>The connection's services. They live as long as the connection.</summary>
    public IServiceProvider Services => _services;

    /// <summary>
    /// Who is at the other end; nobody by default. In ASP.NET Core it is the request's user; in the lightweight server
    /// <see cref="UpgradeOptions.Authenticate"/> or an <see cref="OnUpgradingAttribute"/> method sets it. The claim
    /// <see cref="ClaimTypes.NameIdentifier"/> or <c>sub</c> is the id by which <see cref="IClients{T}.User"/> finds the connection.
    /// </summary>
    public ClaimsPrincipal User
    {
        get => _user ??= new ClaimsPrincipal(new ClaimsIdentity());
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            Renew(value);
        }
    }

    /// <summary>
    /// When the user's login expires: what <see cref="Renew"/> was told, else the user's claim <c>exp</c> (RFC 7519 §4.1.4);
    /// <see langword="null"/> for never. The connection ends then as <see cref="UpgradeOptions.UserExpiredCloseCode"/> says.
    /// </summary>
    public DateTimeOffset? UserExpires { get; private set; }

    /// <summary>A place for the application's own values. It is made when it is first asked for, and isn't for several threads at once.</summary>
    public IDictionary<object, object?> Items => _items ??= [];

    /// <summary>The groups that the connection is in, as of now.</summary>
    public IReadOnlyCollection<string> Groups
    {
        get
        {
            lock (_gate)
            {
                return _groups is null ? [] : [.. _groups.Keys];
            }
        }
    }

    /// <summary>Is cancelled when the connection begins to close, or is lost.</summary>
    public CancellationToken Closed
    {
        get
        {
            lock (_gate)
            {
                // Made when somebody asks for it: many handlers don't.
                return _close is not null && _closed is null ? new CancellationToken(canceled: true) : (_closed ??= new CancellationTokenSource()).Token;
            }
        }
    }

    /// <summary>Limits how fast messages may come, if anything does. The session disposes of it.</summary>
    internal RateLimiter? RateLimiter { get; set; }

    internal ProtocolEntry Entry { get; }

    internal ProtocolMeter Meter { get; }

    /// <summary>Links to the connection's activity, for those of its messages; null where it has none.</summary>
    internal ActivityLink[]? ActivityLinks { get; set; }

    /// <summary>The bytes of messages that wait to be sent.</summary>
    internal long QueuedBytes => _outbound?.QueuedBytes ?? 0;

    /// <summary>The compression that was agreed on, if any.</summary>
    internal DeflateAgreement? Compression { get; set; }

    internal UpgradeOptions Options => _hub.Options;

    /// <summary>The largest message in bytes that the peer may send.</summary>
    internal int MaxMessageSize => Entry.MaxMessageSize > 0 ? Entry.MaxMessageSize : Options.MaxMessageSize;

    internal TimeProvider Time => _hub.Clock.Time;

    internal ConnectionClock Clock => _hub.Clock;

    internal ConnectionHub Hub => _hub;

    internal ILogger Logger => _hub.Logger;

    internal string? UserId => _user is null
        ? null
        : _user.FindFirst(ClaimTypes.NameIdentifier)?.Value ?? _user.FindFirst("sub")?.Value;

    internal Outbound Outbound => _outbound ?? throw new InvalidOperationException(
        "Nothing can be sent yet: the connection isn't upgraded. Send from [OnConnected] on; a raw protocol without framing writes into its pipe.");

    internal ConnectionSession? Session => _session;

    /// <summary>How the connection ended, once it began to.</summary>
    internal CloseInfo? Close
    {
        get
        {
            lock (_gate)
            {
                return _close;
            }
        }
    }

    /// <summary>Whether the connection has begun to close: <see cref="Close"/> without a lock, for walks through many.</summary>
    internal bool IsClosing => _isClosing;

    /// <summary>Whether the peer sends nothing more, though it may still be sent to.</summary>
    internal bool PeerHasEnded { get; set; }

    /// <summary>Whether this side has given the conversation up: what still arrives isn't handled.</summary>
    internal bool HasFailed { get; private set; }

    /// <summary>
    /// Gives the connection the user of a new login: a client that has renewed its token sends it in a message, and its handler checks it
    /// and calls this.
    /// </summary>
    /// <param name="user">The user.</param>
    /// <param name="expires">When the login expires; the user's claim <c>exp</c> tells it by default.</param>
    public void Renew(ClaimsPrincipal user, DateTimeOffset? expires = null)
    {
        ArgumentNullException.ThrowIfNull(user);
        UserExpires = expires ?? (long.TryParse(user.FindFirst("exp")?.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
                ? DateTimeOffset.FromUnixTimeSeconds(seconds)
                : null);
        lock (_gate)
        {
            _user = user;
            FollowUser();
        }

        WatchExpiry();
    }

    /// <summary>Joins a group. A connection leaves its groups when it ends.</summary>
    /// <param name="group">The group's name; it exists as long as it has members.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>
    /// A task that ends when messages to the group reach the connection: at once those of this server, and with a backplane
    /// (see <see cref="BackplaneOptions.JoinTimeout"/>) those of the others too.
    /// </returns>
    public ValueTask JoinAsync(string group, CancellationToken cancellationToken = default) => JoinAsync(group, null, cancellationToken);

    /// <summary>Joins a group under a name or another short text, which <see cref="IPresence"/> tells of it on any server.</summary>
    /// <param name="group">The group's name; it exists as long as it has members.</param>
    /// <param name="tag">What others are told of the member. To change it, leave and join again.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>A task that ends when messages to the group reach the connection.</returns>
    public ValueTask JoinAsync(string group, string? tag, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(group);
        cancellationToken.ThrowIfCancellationRequested();
        Membership? member = null;
        lock (_gate)
        {
            // One that has ended would never leave again; one that isn't upgraded yet can't be sent to, and joins when it is.
            if (!_hasEnded)
            {
                _groups ??= new Dictionary<string, Membership>(StringComparer.Ordinal);
                if (!_groups.TryGetValue(group, out member))
                {
                    _groups.Add(group, member = new Membership(this, tag));
                    if (_isEnlisted)
                    {
                        _hub.Groups.Add(group, member);
                    }
                }
            }
        }

        return member?.List?.Channel?.WhenOpenAsync(cancellationToken) ?? default;
    }

    /// <summary>Leaves a group.</summary>
    /// <param name="group">The group's name.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>A task that ends when no message to the group reaches the connection any more.</returns>
    public ValueTask LeaveAsync(string group, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(group);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            if (_groups is not null && _groups.Remove(group, out var member))
            {
                _hub.Groups.Remove(member);
            }
        }

        return default;
    }

    /// <summary>What the server may send to this connection's client.</summary>
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
    /// <returns>What became of it.</returns>
    /// <exception cref="InvalidOperationException">The connection isn't upgraded yet, or is a pipe.</exception>
    public ValueTask<SendResult> SendAsync(ReadOnlySpan<byte> payload, MessageKind kind, CancellationToken cancellationToken = default) =>
        Outbound.PushAsync(payload, kind, cancellationToken);

    /// <summary>Sends a text message as it is, without an envelope.</summary>
    /// <param name="text">The message.</param>
    /// <param name="cancellationToken">Ends the waiting for room in the outbound queue; the message is sent all the same.</param>
    /// <returns>What became of it.</returns>
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

    /// <summary>
    /// Begins to close the connection: what was sent before goes out, then the Close (RFC 6455 §7.1.2). The peer has
    /// <see cref="UpgradeOptions.CloseTimeout"/> to answer it. Closing twice does nothing.
    /// </summary>
    /// <param name="code">The close code: 1000 to 1003, 1007 to 1014, or 3000 to 4999; ignored by raw protocols.</param>
    /// <param name="reason">A short reason for the peer, 123 bytes of UTF-8 at most.</param>
    /// <returns>A task that ends when the Close is on its way.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The code may not be sent.</exception>
    public ValueTask CloseAsync(int code = WebSocketCloseCode.NormalClosure, string reason = "")
    {
        CheckClose(code, reason);
        BeginClose((ushort)code, reason);
        return default;
    }

    internal static void CheckClose(int code, string reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        if (code is < 0 or > ushort.MaxValue || !WebSocketCloseCode.IsValidOnWire((ushort)code))
        {
            throw new ArgumentOutOfRangeException(nameof(code), code, "A Close may carry 1000 to 1003, 1007 to 1014, or 3000 to 4999.");
        }
    }

    /// <summary>Begins to close; tells whether it wasn't closing yet.</summary>
    internal bool TryBeginClose(int code, string reason) => BeginClose(new CloseInfo(code, reason, CloseInitiator.Local), isFailure: false);

    /// <summary>Whether messages can be sent: it isn't a pipe.</summary>
    internal bool CanSend => _outbound is not null;

    /// <summary>Ends the connection at once, without a Close. The peer sees it as lost.</summary>
    public void Abort()
    {
        TryClose(new CloseInfo(WebSocketCloseCode.AbnormalClosure, "", CloseInitiator.Local));
        _session?.Abort();
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Id} ({Entry.DisplayName})";

    internal void Open(ConnectionSession session, Outbound? outbound)
    {
        _outbound = outbound;
        if (outbound is not null)
        {
            outbound.Meter = Meter;
            outbound.Owner = this;
        }

        CloseInfo? close;
        lock (_gate)
        {
            _session = session;
            close = _close;
        }

        // The server stops, or the application has closed or aborted the connection before it was upgraded.
        if (close is { } early)
        {
            BeginClose(session, early, isFailure: false);
        }
    }

    /// <summary>Its outbound queue is full, and the policy is to close.</summary>
    internal void CloseSlow()
    {
        ConnectionLog.SlowConsumer(Logger, Id, Entry.DisplayName);
        BeginClose(WebSocketCloseCode.PolicyViolation, "The connection takes its messages too slowly.");
    }

    /// <summary>Makes the connection known: others find it and reach it from here on.</summary>
    internal void Enlist()
    {
        _hub.Add(this);
        lock (_gate)
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

    /// <summary>Starts the closing handshake; what was sent before goes out first.</summary>
    internal void BeginClose(ushort code, string reason) => BeginClose(new CloseInfo(code, reason, CloseInitiator.Local), isFailure: false);

    /// <summary>The peer broke the protocol, or the handler can't go on: Close, and nothing more is handled.</summary>
    internal void Fail(ushort code, string reason)
    {
        HasFailed = true;
        BeginClose(new CloseInfo(code, reason, CloseInitiator.Local), isFailure: true);
    }

    /// <summary>The handler threw (W9).</summary>
    internal void FailHandler(Exception exception)
    {
        if (IsOwnEnd(exception))
        {
            return;
        }

        ConnectionLog.HandlerFailed(Logger, exception, Id, Entry.DisplayName);
        HasFailed = true;
        var reason = Options.IncludeErrorDetail ? exception.Message : "The server failed to handle a message.";
        BeginClose(new CloseInfo(WebSocketCloseCode.InternalError, reason, CloseInitiator.Local), isFailure: false);
    }

    /// <summary>Whether a handler's exception only says that no reply can come from a peer that has gone: an ordinary loss.</summary>
    internal bool IsOwnEnd(Exception exception) => exception is ConnectionClosedException && (PeerHasEnded || Close is not null);

    /// <summary>Notes how the connection ends; the first to say so is right.</summary>
    internal bool TryClose(CloseInfo close) => TryClose(close, out _);

    private bool TryClose(CloseInfo close, out ConnectionSession? session)
    {
        CancellationTokenSource? closed;
        lock (_gate)
        {
            session = _session;
            if (_close is not null)
            {
                return false;
            }

            _close = close;
            _isClosing = true;
            closed = _closed;
        }

        // The callbacks of the token are the user's: they don't run on the reader.
        _ = closed?.CancelAsync();
        return true;
    }

    /// <summary>Takes the connection out of its groups and the directory.</summary>
    internal void End()
    {
        UserExpiry? expiry;
        lock (_gate)
        {
            _hasEnded = true;
            expiry = _expiry;
            foreach (var (_, member) in _groups ?? [])
            {
                _hub.Groups.Remove(member);
            }

            FollowUser();
            _asConnection?.Leave();
        }

        _hub.Remove(this);
        if (expiry is not null)
        {
            Clock.Remove(expiry);
        }
    }

    /// <summary>Gives up what was held for the connection: its services, and its place among its protocol's.</summary>
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

        _limit?.Leave();
    }

    private void WatchExpiry()
    {
        if (UserExpires is null || Options.UserExpiredCloseCode is not { } code)
        {
            return;
        }

        lock (_gate)
        {
            if (_isEnlisted && !_hasEnded && _expiry is null)
            {
                _expiry = new UserExpiry(this, code);
                Clock.Add(_expiry);
            }
        }
    }

    /// <summary>Returns when what others were writing to the connection is written; later they see that they may not.</summary>
    internal void AwaitWrites() => _outbound?.AwaitWrites();

    // Under the gate.
    private void FollowUser()
    {
        var id = _isEnlisted && !_hasEnded ? UserId : null;
        if (_asUser is { } before && before.List!.Name != id)
        {
            _hub.Users.Remove(before);
            _asUser = null;
        }

        if (id is not null && _asUser is null)
        {
            _hub.Users.Add(id, _asUser = new Membership(this));
        }
    }

    private bool BeginClose(CloseInfo close, bool isFailure)
    {
        var isFirst = TryClose(close, out var session);
        if (isFirst && session is not null)
        {
            BeginClose(session, close, isFailure);
        }

        return isFirst;
    }

    private static void BeginClose(ConnectionSession session, CloseInfo close, bool isFailure)
    {
        if (isFailure)
        {
            session.Connection.Meter.ProtocolError(close.Code);
            ConnectionLog.ProtocolFailure(session.Connection.Logger, session.Connection.Id, close.Code, LogText.Of(close.Reason));
        }

        if (close.IsAbnormal)
        {
            session.Abort();
        }
        else
        {
            session.BeginClose(close, isFailure);
        }
    }
}
