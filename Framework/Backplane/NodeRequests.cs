using System.Collections.Concurrent;
using System.Text;

namespace UpgradeProtocols;

/// <summary>
/// Requests of this node to another one, for a connection that is there: to join a group, or to leave it. The other node confirms them.
/// </summary>
internal sealed class NodeRequests(ConnectionHub hub, TimeProvider time)
{
    private const byte IdField = 1;
    private const byte ActionField = 2;
    private const byte ConnectionField = 3;
    private const byte GroupField = 4;
    private const byte TagField = 5;
    private const byte OutcomeField = 2;
    private const byte ProblemField = 3;

    private readonly ConcurrentDictionary<long, Pending> _pending = new();
    private long _last;

    /// <summary>The action that a request asks for. These are wire values.</summary>
    public enum GroupAction
    {
        Join = 1,
        Leave = 2,
    }

    private enum Outcome
    {
        /// <summary>The connection isn't open.</summary>
        Absent = 0,
        Done = 1,
        Failed = 2,
    }

    /// <summary>Asks the node of a connection; returns whether the connection is open there.</summary>
    /// <exception cref="TimeoutException">The node didn't confirm in time.</exception>
    /// <exception cref="InvalidOperationException">The node reports a failure.</exception>
    /// <exception cref="IOException">The backplane is away.</exception>
    public async ValueTask<bool> AskAsync(
        BackplaneLink link, NodeId node, GroupAction action, string connectionId, string group, string? tag, CancellationToken cancellationToken)
    {
        var id = Interlocked.Increment(ref _last);
        var pending = new Pending(node);
        _pending[id] = pending;
        try
        {
            Send(link, node, id, action, connectionId, group, tag);
            return await pending.Answer.Task.WaitAsync(link.Options.JoinTimeout, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException(
                $"Node {node} of connection {connectionId} didn't confirm within {link.Options.JoinTimeout.TotalSeconds} s. The request may take effect all the same.");
        }
        finally
        {
            _pending.TryRemove(id, out _);
        }
    }

    /// <summary>Serves the request of another node, on that node's own channel.</summary>
    public async Task ServeAsync(BackplaneLink link, NodeId node, byte[] request)
    {
        var (id, action, connectionId, group, tag) = Read(request);
        var outcome = Outcome.Absent;
        string? problem = null;
        try
        {
            if (hub.Find(connectionId) is { } connection)
            {
                await (action == GroupAction.Join ? connection.JoinAsync(group, tag) : connection.LeaveAsync(group));
                outcome = Outcome.Done;
            }
        }
        catch (Exception e)
        {
            // The sender's exception has the text: this node has nothing to do about it.
            (outcome, problem) = (Outcome.Failed, e.Message);
        }

        Confirm(link, node, id, outcome, problem);
    }

    /// <summary>Handles the answer of a node.</summary>
    public void Confirmed(NodeId node, FieldReader fields)
    {
        long id = 0, outcome = 0;
        var problem = "";
        while (fields.TryRead(out var tag, out var value))
        {
            switch (tag)
            {
                case IdField:
                    id = NodeMessage.Number(value);
                    break;
                case OutcomeField:
                    outcome = NodeMessage.Number(value);
                    break;
                case ProblemField:
                    problem = Encoding.UTF8.GetString(value);
                    break;
            }
        }

        if (!_pending.TryGetValue(id, out var pending) || pending.Node != node)
        {
            return;
        }

        if ((Outcome)outcome == Outcome.Failed)
        {
            pending.Answer.TrySetException(new InvalidOperationException($"Node {node} can't do this: {problem}"));
        }
        else
        {
            pending.Answer.TrySetResult((Outcome)outcome == Outcome.Done);
        }
    }

    /// <summary>A node has ended, and its connections with it.</summary>
    public void Gone(NodeId node)
    {
        foreach (var (_, pending) in _pending)
        {
            if (pending.Node == node)
            {
                pending.Answer.TrySetResult(false);
            }
        }
    }

    private static void Send(BackplaneLink link, NodeId node, long id, GroupAction action, string connectionId, string group, string? tag)
    {
        var output = MessageWriter.Rent();
        try
        {
            NodeMessage.Start(output, NodeMessageKind.Request, link.Node);
            NodeMessage.WriteField(output, IdField, id);
            NodeMessage.WriteField(output, ActionField, (int)action);
            NodeMessage.WriteField(output, ConnectionField, connectionId);
            NodeMessage.WriteField(output, GroupField, group);
            if (tag is not null)
            {
                NodeMessage.WriteField(output, TagField, tag);
            }

            if (link.Publish(BackplaneChannels.NodePrefix + node, output.Written) != PublishOutcome.Published)
            {
                throw new IOException($"The backplane is away, so node {node} of connection {connectionId} can't be reached.");
            }
        }
        finally
        {
            output.Return();
        }
    }

    private static void Confirm(BackplaneLink link, NodeId node, long id, Outcome outcome, string? problem)
    {
        var output = MessageWriter.Rent();
        try
        {
            NodeMessage.Start(output, NodeMessageKind.Confirmation, link.Node);
            NodeMessage.WriteField(output, IdField, id);
            NodeMessage.WriteField(output, OutcomeField, (int)outcome);
            if (problem is not null)
            {
                NodeMessage.WriteField(output, ProblemField, problem);
            }

            link.Publish(BackplaneChannels.NodePrefix + node, output.Written);
        }
        finally
        {
            output.Return();
        }
    }

    private static (long Id, GroupAction Action, string ConnectionId, string Group, string? Tag) Read(byte[] request)
    {
        long id = 0;
        GroupAction action = default;
        string connection = "", group = "";
        string? tag = null;
        var fields = new FieldReader(request);
        while (fields.TryRead(out var field, out var value))
        {
            switch (field)
            {
                case IdField:
                    id = NodeMessage.Number(value);
                    break;
                case ActionField:
                    action = (GroupAction)NodeMessage.Number(value);
                    break;
                case ConnectionField:
                    connection = Encoding.UTF8.GetString(value);
                    break;
                case GroupField:
                    group = Encoding.UTF8.GetString(value);
                    break;
                case TagField:
                    tag = Encoding.UTF8.GetString(value);
                    break;
            }
        }

        return (id, action, connection, group, tag);
    }

    /// <summary>A request that waits for its answer.</summary>
    private sealed record Pending(NodeId Node)
    {
        public TaskCompletionSource<bool> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
