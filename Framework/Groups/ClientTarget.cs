using System.ComponentModel;

namespace UpgradeProtocols.Runtime;

/// <summary>The receivers of a client's calls.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ClientTarget
{
    private readonly ConnectionHub _hub;
    private readonly Reach _reach;
    private readonly string? _name;
    private readonly UpgradeConnection? _connection;

    // For a receiver of several parts: each part, the names of groups, or the connections that are left out.
    private readonly ClientTarget[] _parts = [];
    private readonly string[] _groups = [];
    private readonly HashSet<UpgradeConnection>? _leftOut;

    private ClientTarget(ConnectionHub hub, Reach reach, string? name, UpgradeConnection? connection)
    {
        _hub = hub;
        _reach = reach;
        _name = name;
        _connection = connection;
    }

    private ClientTarget(ConnectionHub hub, ClientTarget[] parts, string[] groups, HashSet<UpgradeConnection>? leftOut, Reach reach)
        : this(hub, reach, null, null) => (_parts, _groups, _leftOut) = (parts, groups, leftOut);

    private enum Reach
    {
        All,
        Group,
        User,
        One,
        Groups,
        Several,
    }

    internal static ClientTarget All(ConnectionHub hub, UpgradeConnection? except) => new(hub, Reach.All, null, except);

    internal static ClientTarget Group(ConnectionHub hub, string name, UpgradeConnection? except) => new(hub, Reach.Group, name, except);

    /// <summary>Every connection but some.</summary>
    internal static ClientTarget AllBut(ConnectionHub hub, UpgradeConnection[] leftOut) => new(hub, [], [], [.. leftOut], Reach.All);

    /// <summary>The members of several groups, each once.</summary>
    internal static ClientTarget OfGroups(ConnectionHub hub, string[] names) => new(hub, [], names, null, Reach.Groups);

    /// <summary>Several receivers without a common connection.</summary>
    internal static ClientTarget Several(ConnectionHub hub, ClientTarget[] parts) => new(hub, parts, [], null, Reach.Several);

    internal static ClientTarget User(ConnectionHub hub, string id) => new(hub, Reach.User, id, null);

    internal static ClientTarget One(ConnectionHub hub, UpgradeConnection connection) => new(hub, Reach.One, null, connection);

    /// <summary>A connection by its id, which may be on another node.</summary>
    internal static ClientTarget One(ConnectionHub hub, string id) => new(hub, Reach.One, id, hub.Find(id));

    internal ValueTask<SendResult> PushAsync<T>(PushMethod<T> method, Type contract, T payload)
    {
        switch (_reach)
        {
            case Reach.One:
                return _connection is null && _hub.Backplane is { } backplane
                    ? new(backplane.Push(_name!, method, contract, payload))
                    : PushToOneAsync(method, contract, payload);
            case Reach.Group:
                return PushAsync(_hub.Groups.Find(_name!), BackplaneChannels.GroupPrefix, method, contract, payload);
            case Reach.User:
                return PushAsync(_hub.Users.Find(_name!), BackplaneChannels.UserPrefix, method, contract, payload);
            case Reach.Groups:
                return PushToGroupsAsync(method, contract, payload);
            case Reach.Several:
                return PushToPartsAsync(method, contract, payload);
            default:
                return PushAsync(_hub.Everyone, BackplaneChannels.Everybody, method, contract, payload);
        }
    }

    internal ValueTask<TReply> RequestAsync<T, TReply>(PushMethod<T> method, Type contract, T payload, CancellationToken cancellationToken)
    {
        var connection = _reach == Reach.User ? OnlyConnectionOfUser() : _connection;
        if (_reach is not (Reach.User or Reach.One))
        {
            throw new InvalidOperationException("A request that awaits a reply needs a single connection: use Connection(…) or User(…).");
        }

        if (connection is null && _hub.Backplane is { } backplane && NodeId.Of(_name!) is { } node && backplane.Nodes.Contains(node))
        {
            throw new InvalidOperationException("The connection is on another node: a request that awaits a reply needs a connection of this node.");
        }

        if (connection?.Session?.Processor is not { } processor)
        {
            throw new ConnectionClosedException(connection?.Close ?? new CloseInfo(1006, "", CloseInitiator.Transport));
        }

        if (!method.IsIn(connection.Entry, contract))
        {
            throw new InvalidOperationException($"{connection.Entry.DisplayName} doesn't declare this request of {contract}.");
        }

        return processor.RequestAsync<T, TReply>(method, payload, cancellationToken);
    }

    // A closing connection doesn't answer any more. A peer that has reconnected before its old connection ended has one open connection.
    private UpgradeConnection? OnlyConnectionOfUser()
    {
        UpgradeConnection? only = null;
        var count = 0;
        foreach (var member in _hub.Users.Find(_name!)?.ToArray() ?? [])
        {
            if (member.Close is null)
            {
                only = member;
                count++;
            }
        }

        return count <= 1
            ? only
            : throw new InvalidOperationException($"The user has {count} connections: a request needs a single connection.");
    }

    private ValueTask<SendResult> PushToOneAsync<T>(PushMethod<T> method, Type contract, T payload)
    {
        if (_connection is null || _connection.Close is not null)
        {
            return new(SendOutcome.Closed);
        }

        if (!method.IsIn(_connection.Entry, contract))
        {
            return new(SendOutcome.Sent);
        }

        var output = MessageWriter.Rent();
        try
        {
            var kind = method.Write(output, _connection.Entry, payload);
            if (_connection.Outbound.TryPush(output.Written, kind))
            {
                return new(SendOutcome.Sent);
            }

            var message = SharedMessage.Copy(output.Written, kind, KeyOf(method, contract, payload));
            var result = _connection.Outbound.PushAsync(message, method.SlowConsumer);
            message.Release();
            return result;
        }
        finally
        {
            output.Return();
        }
    }

    // Pushes from other nodes have a neutral key. A local push can equal it only with a key of the same kind.
    private PushKey? KeyOf<T>(PushMethod<T> method, Type contract, T payload) =>
        _hub.Backplane is null ? method.KeyOf(payload) : NeutralPush.KeyOf(method, contract, payload);

    private ValueTask<SendResult> PushAsync<T>(MemberList? members, string channel, PushMethod<T> method, Type contract, T payload)
    {
        if (_hub.Backplane is not { } backplane)
        {
            return members is null ? new(SendOutcome.Sent) : BroadcastAsync(members, method, contract, payload);
        }

        var name = members?.Channel?.Name ?? backplane.Channels.NameOf(channel + _name);
        return backplane.PushAsync(name, members, _connection, IsIncluded, method, contract, payload);
    }

    private ValueTask<SendResult> BroadcastAsync<T>(MemberList members, PushMethod<T> method, Type contract, T payload)
    {
        using var batch = FlushBatch.Begin(_hub.Flushes);
        using var push = new FanOut<TypedPush<T>>(new TypedPush<T>(method, contract, payload), method.SlowConsumer, waits: true);
        push.Send(members, _connection, IsIncluded);
        return push.WorstAsync();
    }

    private Func<UpgradeConnection, bool>? IsIncluded => _leftOut is { } leftOut ? connection => !leftOut.Contains(connection) : null;

    private ValueTask<SendResult> PushToGroupsAsync<T>(PushMethod<T> method, Type contract, T payload)
    {
        if (_hub.Backplane is { } backplane)
        {
            return backplane.PushToGroupsAsync(_groups, method, contract, payload);
        }

        using var batch = FlushBatch.Begin(_hub.Flushes);
        using var push = new FanOut<TypedPush<T>>(new TypedPush<T>(method, contract, payload), method.SlowConsumer, waits: true);
        push.Send(_hub.Groups, _groups);
        return push.WorstAsync();
    }

    private async ValueTask<SendResult> PushToPartsAsync<T>(PushMethod<T> method, Type contract, T payload)
    {
        // All receivers get the push before the sender waits for any of them.
        var pushes = Array.ConvertAll(_parts, part => part.PushAsync(method, contract, payload).AsTask());
        SendResult worst = SendOutcome.Sent;
        foreach (var result in await Task.WhenAll(pushes))
        {
            worst = Outbound.Worse(worst, result);
        }

        return worst;
    }
}
