using System.Collections.Concurrent;
using System.Text;

namespace UpgradeProtocols;

/// <summary>Sends presence queries to the other nodes, and answers theirs for this node.</summary>
internal sealed class PresenceService(ConnectionHub hub, TimeProvider time) : IPresence
{
    private const byte IdField = 1;
    private const byte ChannelField = 2;
    private const byte LimitField = 3;
    private const byte CountField = 2;
    private const byte MemberField = 3;

    private const byte ConnectionField = 1;
    private const byte UserField = 2;
    private const byte TagField = 3;

    // A timer that fires this late fires after a pause of the process: no message could be received meanwhile.
    private static readonly TimeSpan s_late = TimeSpan.FromMilliseconds(500);

    private readonly ConcurrentDictionary<long, PresenceQuestion> _questions = new();
    private long _lastQuestion;

    public IReadOnlyCollection<string> Nodes => hub.Backplane is { } backplane
        ? [backplane.Node.ToString(), .. backplane.Nodes.ToArray().Select(node => node.ToString())]
        : ["local"];

    /// <summary>The number of queries that wait for answers.</summary>
    public int Waiting => _questions.Count;

    public ValueTask<PresenceSnapshot> GetGroupAsync(string group, int limit = 1000, CancellationToken cancellationToken = default)
    {
        MemberName.Check(group);
        return AskAsync(BackplaneChannels.GroupPrefix + group, limit, cancellationToken);
    }

    public ValueTask<PresenceSnapshot> GetUserAsync(string id, int limit = 1000, CancellationToken cancellationToken = default)
    {
        MemberName.Check(id);
        return AskAsync(BackplaneChannels.UserPrefix + id, limit, cancellationToken);
    }

    /// <summary>Answers the query of a node on that node's own channel.</summary>
    public void Asked(BackplaneLink link, NodeId node, FieldReader fields)
    {
        long id = 0, limit = 0;
        var channel = "";
        while (fields.TryRead(out var tag, out var value))
        {
            switch (tag)
            {
                case IdField:
                    id = NodeMessage.Number(value);
                    break;
                case ChannelField:
                    channel = Encoding.UTF8.GetString(value);
                    break;
                case LimitField:
                    limit = NodeMessage.Number(value);
                    break;
            }
        }

        var here = Here(channel, (int)Math.Clamp(limit, 0, int.MaxValue));
        var output = MessageWriter.Rent();
        try
        {
            NodeMessage.Start(output, NodeMessageKind.Answer, link.Node);
            NodeMessage.WriteField(output, IdField, id);
            NodeMessage.WriteField(output, CountField, here.Count);
            foreach (var member in here.Members)
            {
                Write(output, member);
            }

            link.Publish(BackplaneChannels.NodePrefix + node, output.Written);
        }
        finally
        {
            output.Return();
        }
    }

    /// <summary>Handles the answer of a node.</summary>
    public void Answered(NodeId node, FieldReader fields)
    {
        long id = 0, count = 0;
        List<PresenceMember> members = [];
        while (fields.TryRead(out var tag, out var value))
        {
            switch (tag)
            {
                case IdField:
                    id = NodeMessage.Number(value);
                    break;
                case CountField:
                    count = NodeMessage.Number(value);
                    break;
                case MemberField:
                    members.Add(Read(value));
                    break;
            }
        }

        if (_questions.TryGetValue(id, out var question))
        {
            question.Answer(node, (int)Math.Clamp(count, 0, int.MaxValue), members);
        }
    }

    public void Gone(NodeId node)
    {
        foreach (var (_, question) in _questions)
        {
            question.Gone(node);
        }
    }

    private static void Write(MessageWriter output, PresenceMember member)
    {
        var start = NodeMessage.BeginField(output, MemberField);
        NodeMessage.WriteField(output, ConnectionField, member.ConnectionId);
        if (member.UserId is { } user)
        {
            NodeMessage.WriteField(output, UserField, user);
        }

        if (member.Tag is { } tag)
        {
            NodeMessage.WriteField(output, TagField, tag);
        }

        NodeMessage.EndField(output, start);
    }

    private static PresenceMember Read(ReadOnlySpan<byte> member)
    {
        var fields = new FieldReader(member);
        string? connection = null, user = null, tag = null;
        while (fields.TryRead(out var field, out var value))
        {
            switch (field)
            {
                case ConnectionField:
                    connection = Encoding.UTF8.GetString(value);
                    break;
                case UserField:
                    user = Encoding.UTF8.GetString(value);
                    break;
                case TagField:
                    tag = Encoding.UTF8.GetString(value);
                    break;
            }
        }

        return new PresenceMember(connection ?? "", user, tag);
    }

    private async ValueTask<PresenceSnapshot> AskAsync(string channel, int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(limit);
        cancellationToken.ThrowIfCancellationRequested();
        var here = Here(channel, limit);
        if (hub.Backplane is not { } link)
        {
            return here;
        }

        var nodes = link.Nodes.ToArray();
        if (nodes.Length == 0)
        {
            return here with { IsComplete = link.IsSettled };
        }

        var id = Interlocked.Increment(ref _lastQuestion);
        var question = new PresenceQuestion(limit, here, nodes);
        _questions[id] = question;
        try
        {
            if (Ask(link, id, channel, limit))
            {
                await WaitAsync(question.Answered, link.Options.PresenceTimeout, cancellationToken);
            }
        }
        finally
        {
            _questions.TryRemove(id, out _);
        }

        var result = question.Result();
        return result with { IsComplete = result.IsComplete && link.IsSettled };
    }

    // When the wait ends early, the result has the answers so far, and says that it isn't complete.
    private async Task WaitAsync(Task answered, TimeSpan limit, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        try
        {
            await answered.WaitAsync(limit, time, cancellationToken);
        }
        catch (TimeoutException) when (time.GetElapsedTime(start) > limit + s_late)
        {
            await WaitAsync(answered, limit, cancellationToken);
        }
        catch (TimeoutException)
        {
        }
    }

    private static bool Ask(BackplaneLink link, long id, string channel, int limit)
    {
        var output = MessageWriter.Rent();
        try
        {
            NodeMessage.Start(output, NodeMessageKind.Question, link.Node);
            NodeMessage.WriteField(output, IdField, id);
            NodeMessage.WriteField(output, ChannelField, channel);
            NodeMessage.WriteField(output, LimitField, limit);
            return link.Publish(BackplaneChannels.Everybody, output.Written) == PublishOutcome.Published;
        }
        finally
        {
            output.Return();
        }
    }

    private PresenceSnapshot Here(string channel, int limit)
    {
        var list = channel.StartsWith(BackplaneChannels.GroupPrefix, StringComparison.Ordinal)
            ? hub.Groups.Find(channel.AsSpan(BackplaneChannels.GroupPrefix.Length))
            : channel.StartsWith(BackplaneChannels.UserPrefix, StringComparison.Ordinal)
                ? hub.Users.Find(channel.AsSpan(BackplaneChannels.UserPrefix.Length))
                : null;
        if (list is null)
        {
            return new PresenceSnapshot(0, [], IsComplete: true);
        }

        var members = new List<PresenceMember>();
        if (limit > 0)
        {
            foreach (var member in list.Members())
            {
                members.Add(new PresenceMember(member.Connection.Id, member.Connection.UserId, member.Tag));
                if (members.Count == limit)
                {
                    break;
                }
            }
        }

        return new PresenceSnapshot(list.Count, members, IsComplete: true);
    }
}
