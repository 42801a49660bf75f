using Microsoft.Extensions.Logging;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>The link between this node and the others: publishing, receiving, and the directory of nodes.</summary>
internal sealed class BackplaneLink : ClockClient, IBackplaneListener, IBackplaneMonitor, IDisposable
{
    // The goodbye saves the other nodes a wait of NodeTimeout. It isn't worth a longer wait here.
    private static readonly TimeSpan s_goodbye = TimeSpan.FromMilliseconds(500);

    private readonly IBackplane _backplane;
    private readonly DeclaredProtocols _protocols;
    private readonly BackplanePublisher _publisher;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly byte[] _hello;
    private readonly byte[] _alive;
    private readonly ConnectionHub _hub;
    private BackplaneChannel? _everybody;
    private BackplaneChannel? _own;
    private long _heartbeatAt;
    private long _openedAt;
    private long _received;
    private long _unreadable;
    private long _untranslatable;
    private int _started;
    private int _announcement;
    private volatile bool _isAnnounced;

    /// <summary>Links the connections of a hub, which is being created: this constructor uses only its metrics.</summary>
    public BackplaneLink(ConnectionHub hub, BackplaneParts parts, TimeProvider time)
    {
        _hub = hub;
        (_backplane, _protocols, _logger) = (parts.Backplane, parts.Protocols, parts.Logger);
        Options = parts.Options.Value;
        Nodes = new NodeDirectory(Options);
        Requests = new NodeRequests(hub, time);
        _publisher = new BackplanePublisher(_backplane, Options, time, _logger)
        {
            Changed = OnChanged,
            Returning = () => Nodes.AwaitAll(Now),
            Returned = OnReturned,
            MayReplay = () => !Nodes.IsAwaiting,
        };
        Channels = new BackplaneChannels(_backplane, Options, time, _logger, () => _publisher.IsReachable, Deliver) { Stopping = _stopping.Token };
        _hello = Header(NodeMessageKind.Hello);
        _alive = Header(NodeMessageKind.Alive);
        hub.Metrics.ObserveBackplane(() => Status);
    }

    public event EventHandler<BackplaneStatusEventArgs>? Changed;

    public BackplaneOptions Options { get; }

    public NodeId Node { get; } = NodeId.New();

    public BackplaneChannels Channels { get; }

    public NodeDirectory Nodes { get; }

    /// <summary>Requests to other nodes for their connections.</summary>
    public NodeRequests Requests { get; }

    public bool IsConnected => _publisher.IsOpen;

    /// <summary>After <see cref="Stop"/>: a task that ends when the other nodes have been notified, or can't be.</summary>
    public Task Stopped { get; private set; } = Task.CompletedTask;

    /// <summary>Whether the node has been connected for long enough to have heard from every other node.</summary>
    public bool IsSettled => _publisher.IsOpen && Now - Volatile.Read(ref _openedAt) >= 2 * Options.HeartbeatInterval.TotalMilliseconds;

    public BackplaneStatus Status
    {
        get
        {
            var status = new BackplaneStatus
            {
                Node = Node.ToString(),
                OtherNodes = Nodes.Count,
                Channels = Channels.Count,
                Received = Volatile.Read(ref _received),
                Unreadable = Volatile.Read(ref _unreadable),
                Untranslatable = Volatile.Read(ref _untranslatable),
                BacklogBytes = Channels.Received.Bytes,
                Dropped = Channels.Received.Dropped,
            };
            _publisher.Fill(ref status);
            return status with { Problem = status.Problem ?? Channels.Problem };
        }
    }

    private PresenceService Presence => _hub.Presence;

    // The time in which this process ran: while it was frozen it could receive nothing, so the other nodes don't count as silent.
    private long Now => _hub.Clock.Now;

    /// <summary>Starts the link. A second call does nothing.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _started, 1) != 0)
        {
            return;
        }

        _everybody = Channels.Open(BackplaneChannels.Everybody);
        _own = Channels.Open(BackplaneChannels.NodePrefix + Node);
        await _backplane.StartAsync(this, cancellationToken);
        _hub.Clock.Add(this);
    }

    /// <summary>Notifies the other nodes that this node's connections have ended.</summary>
    public void Stop()
    {
        if (Interlocked.Exchange(ref _started, 2) == 1)
        {
            _hub.Clock.Remove(this);
            _stopping.Cancel();
            Stopped = _publisher.PublishLastAsync(Channels.NameOf(BackplaneChannels.Everybody), Header(NodeMessageKind.Goodbye), s_goodbye);
        }
    }

    public void Dispose() => _stopping.Dispose();

    /// <summary>Publishes a presence question or answer, which is useful only now. The channel is named without the prefix.</summary>
    public PublishOutcome Publish(string channel, ReadOnlySpan<byte> message) => _publisher.PublishNow(Channels.NameOf(channel), message);

    /// <summary>Sends a push to the members here, and to those on other nodes.</summary>
    /// <param name="channel">The channel's name on the server.</param>
    /// <param name="members">The members here.</param>
    /// <param name="except">A member that doesn't get it.</param>
    /// <param name="predicate">Selects the members here.</param>
    /// <param name="method">The push.</param>
    /// <param name="contract">The client contract.</param>
    /// <param name="payload">The payload.</param>
    public ValueTask<SendResult> PushAsync<T>(
        string channel,
        MemberList? members,
        UpgradeConnection? except,
        Func<UpgradeConnection, bool>? predicate,
        PushMethod<T> method,
        Type contract,
        T payload)
    {
        using var message = Encode(method, contract, payload, connectionId: null);
        var outcome = _publisher.Publish(channel, message.Bytes);
        var here = members is null ? default : SendHereAsync(message.Bytes, members, except, predicate);
        return here.IsCompletedSuccessfully ? new(here.Result.With(outcome)) : WithAsync(here, outcome);
    }

    /// <summary>Sends a push to the members of several groups, here and on other nodes: one message to all nodes.</summary>
    public ValueTask<SendResult> PushToGroupsAsync<T>(string[] groups, PushMethod<T> method, Type contract, T payload)
    {
        using var message = Encode(method, contract, payload, connectionId: null, groups);
        var outcome = _publisher.Publish(Channels.NameOf(BackplaneChannels.Everybody), message.Bytes);
        var here = SendHereAsync(message.Bytes, members: null, except: null, predicate: null);
        return here.IsCompletedSuccessfully ? new(here.Result.With(outcome)) : WithAsync(here, outcome);
    }

    /// <summary>Whether a connection may be open on another node.</summary>
    public bool MayHave(string connectionId, out NodeId node)
    {
        node = NodeId.Of(connectionId) ?? Node;
        return node != Node && (!IsSettled || Nodes.Contains(node));
    }

    /// <summary>Sends a push to a connection of another node.</summary>
    public SendResult Push<T>(string connectionId, PushMethod<T> method, Type contract, T payload)
    {
        if (!MayHave(connectionId, out var node))
        {
            return SendOutcome.Closed;
        }

        using var message = Encode(method, contract, payload, connectionId);
        return default(SendResult).With(_publisher.Publish(Channels.NameOf(BackplaneChannels.NodePrefix + node), message.Bytes));
    }

    public void Receive(string channel, ReadOnlySpan<byte> message)
    {
        if (!NodeMessage.TryRead(message, out var kind, out var node, out var fields))
        {
            Unreadable(channel);
            return;
        }

        // Most backplanes deliver a node's own messages to it.
        if (node == Node)
        {
            return;
        }

        Interlocked.Increment(ref _received);
        try
        {
            if (kind is NodeMessageKind.Push or NodeMessageKind.PushToGroups)
            {
                // Pushes wait in a backlog of limited size, so that the engine's own buffer stays small. Messages about nodes are handled
                // at once.
                Channels.Find(channel)?.Backlog.Add(message, PushHead.Read(fields, _protocols));
            }
            else
            {
                Receive(kind, node, fields);
            }
        }
        catch (Exception e)
        {
            // A message that can't be handled must not affect the channel's other messages.
            BackplaneLog.ReceivingFailed(_logger, e, channel);
        }
    }

    public void Connected()
    {
        // An engine may report it repeatedly.
        if (!_publisher.Connected())
        {
            OnReturned();
        }
    }

    public void Disconnected(string reason) => _publisher.Disconnected(reason);

    public override void Tick(long now)
    {
        _publisher.Tick(now);

        // After a pause the other nodes may have declared this node dead: a heartbeat is sent at once.
        if (now - _heartbeatAt >= Options.HeartbeatInterval.TotalMilliseconds || _hub.Clock.Pause > 0)
        {
            _heartbeatAt = now;
            if (_isAnnounced || !_publisher.IsReachable)
            {
                Probe(Nodes.Count == 0 ? _hello : _alive);
            }

            if (_publisher.IsReachable)
            {
                Channels.Retry();
            }
        }

        if (_publisher.IsReachable)
        {
            ExpireNodes(now);
        }
    }

    // Time in which nothing could be received doesn't count as silence: the time starts when the backplane is back.
    private void ExpireNodes(long now)
    {
        if (Nodes.Expire(now) is not { } gone)
        {
            return;
        }

        foreach (var node in gone)
        {
            BackplaneLog.NodeSilent(_logger, node.ToString());
            Gone(node);
        }

        _publisher.Advance();
    }

    private void Probe(byte[] message) => _publisher.Probe(Channels.NameOf(BackplaneChannels.Everybody), message);

    private void OnReturned()
    {
        _isAnnounced = false;
        Channels.Retry();
        _ = AnnounceAsync(Interlocked.Increment(ref _announcement));
    }

    // The other nodes publish their kept messages when they receive it. So the subscriptions that began during the outage come first.
    private async Task AnnounceAsync(int announcement)
    {
        await Channels.WhenSubscribedAsync();
        if (announcement == Volatile.Read(ref _announcement))
        {
            _isAnnounced = true;
            Probe(_hello);
        }
    }

    private void Receive(NodeMessageKind kind, NodeId node, FieldReader fields)
    {
        switch (kind)
        {
            case NodeMessageKind.Hello:
                Heard(node);
                if (_isAnnounced)
                {
                    Probe(_alive);
                }

                break;
            case NodeMessageKind.Alive:
                Heard(node);
                break;
            case NodeMessageKind.Goodbye:
                if (Nodes.Forget(node))
                {
                    BackplaneLog.NodeStopped(_logger, node.ToString());
                    Gone(node);
                    _publisher.Advance();
                }

                break;
            case NodeMessageKind.Question:
                Presence.Asked(this, node, fields);
                break;
            case NodeMessageKind.Answer:
                Presence.Answered(node, fields);
                break;
            case NodeMessageKind.Request:
                _ = Requests.ServeAsync(this, node, fields.Rest.ToArray());
                break;
            case NodeMessageKind.Confirmation:
                Requests.Confirmed(node, fields);
                break;
        }
    }

    // Its connections have ended with it.
    private void Gone(NodeId node)
    {
        Presence.Gone(node);
        Requests.Gone(node);
    }

    private void Heard(NodeId node)
    {
        if (!Nodes.Contains(node))
        {
            BackplaneLog.NodeFound(_logger, node.ToString());
        }

        Nodes.Heard(node, Now);
        _publisher.Advance();
    }

    // Runs on a pool thread, for a push that has waited its turn.
    private void Deliver(string channel, ReadOnlySpan<byte> message)
    {
        NodeMessage.TryRead(message, out _, out _, out var fields);
        try
        {
            ReceivePush(channel, fields);
        }
        catch (Exception e)
        {
            // A custom format may throw. The channel's other messages must not be affected.
            BackplaneLog.ReceivingFailed(_logger, e, channel);
        }
    }

    private void ReceivePush(string channel, FieldReader fields)
    {
        var push = ReceivedPush.Read(fields, _protocols);
        if (push.IsBroken)
        {
            Unreadable(channel);
            return;
        }

        using var batch = FlushBatch.Begin(_hub.Flushes);
        using var fanOut = new FanOut<ReceivedPush>(push, push.Policy, waits: false);
        try
        {
            if (push.ConnectionId is { } id)
            {
                if (_hub.Find(id) is { } connection)
                {
                    fanOut.Send(connection);
                }
            }
            else if (push.Groups is { } groups)
            {
                fanOut.Send(_hub.Groups, groups);
            }
            else if (MembersOf(channel.AsSpan(Options.ChannelPrefix.Length)) is { } members)
            {
                fanOut.Send(members);
            }
        }
        finally
        {
            CountUntranslatable(fanOut.Untranslatable);
        }
    }

    private static async ValueTask<SendResult> WithAsync(ValueTask<SendResult> here, PublishOutcome outcome) => (await here).With(outcome);

    private ValueTask<SendResult> SendHereAsync(
        ReadOnlySpan<byte> message, MemberList? members, UpgradeConnection? except, Func<UpgradeConnection, bool>? predicate)
    {
        NodeMessage.TryRead(message, out _, out _, out var fields);
        var push = ReceivedPush.Read(fields, _protocols);
        using var batch = FlushBatch.Begin(_hub.Flushes);
        using var fanOut = new FanOut<ReceivedPush>(push, push.Policy, waits: true);
        if (members is not null)
        {
            fanOut.Send(members, except, predicate);
        }
        else
        {
            fanOut.Send(_hub.Groups, push.Groups ?? []);
        }

        return fanOut.WorstAsync();
    }

    private MemberList? MembersOf(ReadOnlySpan<char> channel) =>
        channel.StartsWith(BackplaneChannels.GroupPrefix, StringComparison.Ordinal) ? _hub.Groups.Find(channel[BackplaneChannels.GroupPrefix.Length..])
        : channel.StartsWith(BackplaneChannels.UserPrefix, StringComparison.Ordinal) ? _hub.Users.Find(channel[BackplaneChannels.UserPrefix.Length..])
        : channel.SequenceEqual(BackplaneChannels.Everybody) ? _hub.Everyone
        : null;

    private PooledMessage Encode<T>(PushMethod<T> method, Type contract, T payload, string? connectionId, string[]? groups = null)
    {
        var output = MessageWriter.Rent();
        try
        {
            NeutralPush.Write(output, Node, method, contract, payload, _protocols, connectionId, groups);
            return new PooledMessage(output.Written);
        }
        finally
        {
            output.Return();
        }
    }

    private byte[] Header(NodeMessageKind kind)
    {
        var output = MessageWriter.Rent();
        NodeMessage.Start(output, kind, Node);
        var header = output.Written.ToArray();
        output.Return();
        return header;
    }

    private void Unreadable(string channel)
    {
        // Only the first one is logged; the count has the total.
        if (Interlocked.Increment(ref _unreadable) == 1)
        {
            BackplaneLog.Unreadable(_logger, channel);
        }
    }

    private void CountUntranslatable(ProtocolEntry? protocol)
    {
        if (protocol is not null && Interlocked.Increment(ref _untranslatable) == 1)
        {
            BackplaneLog.Untranslatable(_logger, protocol.DisplayName);
        }
    }

    private void OnChanged(bool isConnected)
    {
        if (isConnected)
        {
            Volatile.Write(ref _openedAt, Now);
        }

        try
        {
            Changed?.Invoke(this, new BackplaneStatusEventArgs(Status));
        }
        catch (Exception e)
        {
            BackplaneLog.ObserverFailed(_logger, e);
        }
    }
}
