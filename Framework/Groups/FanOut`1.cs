using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>
/// A message on its way to many connections. It is encoded once for each protocol among them, and their queues share the bytes. All
/// receivers get it before the sender waits for any of them.
/// </summary>
/// <typeparam name="TEncoder">Writes the message in a protocol's format.</typeparam>
internal ref struct FanOut<TEncoder>
    where TEncoder : IPushEncoder, allows ref struct
{
    private readonly TEncoder _encoder;
    private readonly SlowConsumerPolicy? _policy;
    private readonly bool _waits;
    private Encoded _first;
    private List<Encoded>? _others;
    private Encoded _last;
    private List<Task<SendResult>>? _waiting;
    private SendResult _worst;

    /// <param name="encoder">The encoder.</param>
    /// <param name="policy">The message's own policy for a full queue.</param>
    /// <param name="waits">
    /// Whether the sender can wait for receivers without room; otherwise a connection that doesn't read is closed.
    /// </param>
    public FanOut(TEncoder encoder, SlowConsumerPolicy? policy, bool waits)
    {
        _encoder = encoder;
        _policy = policy;
        _waits = waits;
        _worst = SendOutcome.Sent;
    }

    /// <summary>A protocol whose connections miss the message, because it has no encoding for it; null where there is none.</summary>
    public ProtocolEntry? Untranslatable { get; private set; }

    /// <summary>The number of connections that have the message, or will have it when their queue has room.</summary>
    public int Reached { get; private set; }

    /// <summary>Sends the message to the members of a list whose protocol has it.</summary>
    /// <param name="members">The members.</param>
    /// <param name="except">A connection that doesn't get it.</param>
    /// <param name="predicate">Selects the connections.</param>
    public void Send(MemberList members, UpgradeConnection? except = null, Func<UpgradeConnection, bool>? predicate = null)
    {
        foreach (var member in members.Members())
        {
            var connection = member.Connection;
            if (!ReferenceEquals(connection, except) && predicate?.Invoke(connection) != false)
            {
                Send(connection, member);
            }
        }
    }

    /// <summary>Sends the message to the members of several groups, to each connection once.</summary>
    /// <param name="registry">The groups.</param>
    /// <param name="names">Their names.</param>
    public void Send(GroupRegistry registry, IEnumerable<string> names)
    {
        Func<UpgradeConnection, bool> isFirst = new HashSet<UpgradeConnection>().Add;
        foreach (var name in names)
        {
            if (registry.Find(name) is { } members)
            {
                Send(members, except: null, isFirst);
            }
        }
    }

    /// <summary>Sends the message to a connection, if its protocol has it.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="member">The membership that is the reason: a member that has left gets nothing.</param>
    public void Send(UpgradeConnection connection, Membership? member = null)
    {
        if (connection.Conversation.IsClosing || MessageFor(connection.Entry) is not { } message)
        {
            return;
        }

        var sending = _waits
            ? connection.Outbound.BroadcastAsync(message, _policy, member)
            : new ValueTask<SendResult>(connection.Outbound.Broadcast(message, _policy, member));
        if (sending.IsCompletedSuccessfully)
        {
            var result = sending.Result;
            _worst = Outbound.Worse(_worst, result);
            Reached += result.Outcome <= SendOutcome.Queued ? 1 : 0;
        }
        else
        {
            Reached++;
            (_waiting ??= []).Add(sending.AsTask());
        }
    }

    /// <summary>The worst of the receivers' results, when those without room have room again.</summary>
    public readonly ValueTask<SendResult> WorstAsync() => _waiting is null ? new(_worst) : Outbound.WorstAsync(_waiting, _worst);

    /// <summary>Releases the encoded messages, as far as no queue holds them.</summary>
    public readonly void Dispose()
    {
        _first.Message?.Release();
        foreach (var other in _others ?? [])
        {
            other.Message?.Release();
        }
    }

    private SharedMessage? MessageFor(ProtocolEntry protocol)
    {
        if (!ReferenceEquals(_last.Protocol, protocol))
        {
            _last = Find(protocol);
        }

        return _last.Message;
    }

    private Encoded Find(ProtocolEntry protocol)
    {
        if (ReferenceEquals(_first.Protocol, protocol))
        {
            return _first;
        }

        foreach (var other in _others ?? [])
        {
            if (ReferenceEquals(other.Protocol, protocol))
            {
                return other;
            }
        }

        var encoded = new Encoded(protocol, _encoder.Encode(protocol, out var isUntranslatable));
        Untranslatable = isUntranslatable ? protocol : Untranslatable;
        if (_first.Protocol is null)
        {
            _first = encoded;
        }
        else
        {
            (_others ??= []).Add(encoded);
        }

        return encoded;
    }

    private readonly record struct Encoded(ProtocolEntry? Protocol, SharedMessage? Message);
}
