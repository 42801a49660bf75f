using System.ComponentModel;

namespace UpgradeProtocols.Runtime;

/// <summary>Whom a client's calls reach.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ClientTarget
{
    private readonly ConnectionHub _hub;
    private readonly Reach _reach;
    private readonly string? _name;
    private readonly UpgradeConnection? _connection;

    private ClientTarget(ConnectionHub hub, Reach reach, string? name, UpgradeConnection? connection)
    {
        _hub = hub;
        _reach = reach;
        _name = name;
        _connection = connection;
    }

    private enum Reach
    {
        All,
        Group,
        User,
        One,
    }

    internal static ClientTarget All(ConnectionHub hub, UpgradeConnection? except) => new(hub, Reach.All, null, except);

    internal static ClientTarget Group(ConnectionHub hub, string name, UpgradeConnection? except) => new(hub, Reach.Group, name, except);

    internal static ClientTarget User(ConnectionHub hub, string id) => new(hub, Reach.User, id, null);

    internal static ClientTarget One(ConnectionHub hub, UpgradeConnection? connection) => new(hub, Reach.One, null, connection);

    internal ValueTask<SendResult> PushAsync<T>(PushMethod<T> method, Type contract, T payload)
    {
        switch (_reach)
        {
            case Reach.One:
                return PushToOneAsync(method, contract, payload);
            case Reach.Group:
                return BroadcastAsync(_hub.Groups.Members(_name!), method, contract, payload);
            case Reach.User:
                return BroadcastAsync(_hub.Users.Members(_name!), method, contract, payload);
            default:
                return BroadcastAsync(_hub.Snapshot(), method, contract, payload);
        }
    }

    internal ValueTask<TReply> RequestAsync<T, TReply>(PushMethod<T> method, Type contract, T payload, CancellationToken cancellationToken)
    {
        var connection = _reach == Reach.User ? OnlyConnectionOfUser() : _connection;
        if (_reach is Reach.All or Reach.Group)
        {
            throw new InvalidOperationException("A request that awaits a reply goes to one connection, not to a group.");
        }

        if (connection?.Session?.Processor is not { } processor)
        {
            throw new ConnectionClosedException(connection?.Close ?? new CloseInfo(1006, "", CloseInitiator.Transport));
        }

        if (!method.IsIn(connection.Entry, contract))
        {
            throw new InvalidOperationException($"{connection.Entry.DisplayName} doesn't have this request of {contract}.");
        }

        return processor.RequestAsync<T, TReply>(method, payload, cancellationToken);
    }

    private UpgradeConnection? OnlyConnectionOfUser()
    {
        var members = _hub.Users.Members(_name!);
        return members.Length <= 1
            ? members.Length == 1 ? members[0] : null
            : throw new InvalidOperationException($"The user has {members.Length} connections: a request goes to one of them.");
    }

    private ValueTask<SendResult> PushToOneAsync<T>(PushMethod<T> method, Type contract, T payload)
    {
        if (_connection is null || _connection.Close is not null)
        {
            return new(SendResult.Closed);
        }

        if (!method.IsIn(_connection.Entry, contract))
        {
            return new(SendResult.Sent);
        }

        var output = MessageWriter.Rent();
        try
        {
            var kind = method.Write(output, _connection.Entry, payload);
            if (_connection.Outbound.TryPush(output.Written, kind))
            {
                return new(SendResult.Sent);
            }

            var message = SharedMessage.Copy(output.Written, kind, method.KeyOf(payload));
            var result = _connection.Outbound.PushAsync(message, method.SlowConsumer);
            message.Release();
            return result;
        }
        finally
        {
            output.Return();
        }
    }

    // Encoded once for each protocol among the receivers; the bytes are shared by all their queues. All have it before anybody
    // is waited for.
    private ValueTask<SendResult> BroadcastAsync<T>(ReadOnlySpan<UpgradeConnection> members, PushMethod<T> method, Type contract, T payload)
    {
        var encoded = default(EncodedPush);
        List<EncodedPush>? others = null;
        List<Task<SendResult>>? full = null;
        var worst = SendResult.Sent;
        try
        {
            foreach (var member in members)
            {
                if (ReferenceEquals(member, _connection) || member.Close is not null || !method.IsIn(member.Entry, contract))
                {
                    continue;
                }

                var message = Find(member.Entry, ref encoded, ref others, method, payload);
                var sending = member.Outbound.BroadcastAsync(message, method.SlowConsumer);
                if (sending.IsCompletedSuccessfully)
                {
                    worst = Worse(worst, sending.Result);
                }
                else
                {
                    (full ??= []).Add(sending.AsTask());
                }
            }
        }
        finally
        {
            encoded.Message?.Release();
            others?.ForEach(static other => other.Message!.Release());
        }

        return full is null ? new(worst) : WaitAsync(full, worst);
    }

    private static async ValueTask<SendResult> WaitAsync(List<Task<SendResult>> full, SendResult worst)
    {
        foreach (var result in await Task.WhenAll(full))
        {
            worst = Worse(worst, result);
        }

        return worst;
    }

    private static SendResult Worse(SendResult one, SendResult other) => one > other ? one : other;

    private static SharedMessage Find<T>(
        ProtocolEntry protocol,
        ref EncodedPush first,
        ref List<EncodedPush>? others,
        PushMethod<T> method,
        T payload)
    {
        if (ReferenceEquals(first.Protocol, protocol))
        {
            return first.Message!;
        }

        foreach (var other in others ?? [])
        {
            if (ReferenceEquals(other.Protocol, protocol))
            {
                return other.Message!;
            }
        }

        var encoded = new EncodedPush(protocol, Encode(protocol, method, payload));
        if (first.Protocol is null)
        {
            first = encoded;
        }
        else
        {
            (others ??= []).Add(encoded);
        }

        return encoded.Message!;
    }

    private static SharedMessage Encode<T>(ProtocolEntry protocol, PushMethod<T> method, T payload)
    {
        var output = MessageWriter.Rent();
        try
        {
            var kind = method.Write(output, protocol, payload);
            return SharedMessage.Copy(output.Written, kind, method.KeyOf(payload));
        }
        finally
        {
            output.Return();
        }
    }

    private readonly record struct EncodedPush(ProtocolEntry? Protocol, SharedMessage? Message);
}
