using System.Text;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>
/// A node's push for the connections of this node. The envelope is put around the payload once for each protocol among the connections;
/// their queues share the bytes.
/// </summary>
internal ref struct ReceivedPush
{
    private readonly DeclaredProtocols _protocols;
    private readonly ReadOnlySpan<byte> _fields;
    private readonly ReadOnlySpan<byte> _contract;
    private readonly ReadOnlySpan<byte> _name;
    private readonly int _tag;
    private readonly bool _hasVersions;
    private readonly SlowConsumerPolicy? _policy;
    private readonly PushKey? _key;
    private Wrapped _last;
    private List<Wrapped>? _others;

    private ReceivedPush(DeclaredProtocols protocols, FieldReader fields)
    {
        _protocols = protocols;
        _fields = fields.Rest;
        string? key = null;
        while (fields.TryRead(out var tag, out var value))
        {
            switch (tag)
            {
                case NeutralPush.ConnectionField:
                    ConnectionId = Encoding.UTF8.GetString(value);
                    break;
                case NeutralPush.ContractField:
                    _contract = value;
                    break;
                case NeutralPush.NameField:
                    _name = value;
                    break;
                case NeutralPush.TagField:
                    _tag = (int)NodeMessage.Number(value);
                    break;
                case NeutralPush.VersionField:
                    _hasVersions = true;
                    break;
                case NeutralPush.SlowConsumerField:
                    _policy = (SlowConsumerPolicy)NodeMessage.Number(value);
                    break;
                case NeutralPush.KeyField:
                    key = Encoding.UTF8.GetString(value);
                    break;
            }
        }

        // A later release may have more policies.
        _policy = _policy is { } policy && Enum.IsDefined(policy) ? policy : null;
        _key = key is null ? null : NeutralPushKey.Of(_contract, _name, _tag, key);
        IsBroken = fields.IsBroken || _contract.IsEmpty;
    }

    /// <summary>The connection that gets the push, if it is for a single one.</summary>
    public string? ConnectionId { get; }

    public bool IsBroken { get; }

    /// <summary>A protocol that has the push, but has no encoding of the payload.</summary>
    public ProtocolEntry? Untranslatable { get; private set; }

    public static ReceivedPush Read(FieldReader fields, DeclaredProtocols protocols) => new(protocols, fields);

    /// <summary>Sends the push to a connection, if the connection's protocol has it. Doesn't wait.</summary>
    public void SendTo(UpgradeConnection connection, Membership? member = null) =>
        _ = MessageFor(connection) is { } message ? connection.Outbound.Broadcast(message, _policy, member) : SendOutcome.Sent;

    /// <summary>Sends the push to the members whose protocol has it. Doesn't wait.</summary>
    public void SendTo(MemberList members)
    {
        foreach (var member in members.Members())
        {
            SendTo(member.Connection, member);
        }
    }

    /// <summary>Sends the push for a caller that can wait for receivers without room.</summary>
    public ValueTask<SendResult> SendToAsync(MemberList members, UpgradeConnection? except)
    {
        List<Task<SendResult>>? full = null;
        SendResult worst = SendOutcome.Sent;
        foreach (var member in members.Members())
        {
            if (ReferenceEquals(member.Connection, except) || MessageFor(member.Connection) is not { } message)
            {
                continue;
            }

            var sending = member.Connection.Outbound.BroadcastAsync(message, _policy, member);
            if (sending.IsCompletedSuccessfully)
            {
                worst = Outbound.Worse(worst, sending.Result);
            }
            else
            {
                (full ??= []).Add(sending.AsTask());
            }
        }

        return full is null ? new(worst) : Outbound.WorstAsync(full, worst);
    }

    /// <summary>Releases the encoded messages, as far as no queue holds them.</summary>
    public readonly void Release()
    {
        _last.Message?.Release();
        foreach (var other in _others ?? [])
        {
            other.Message?.Release();
        }
    }

    private SharedMessage? MessageFor(UpgradeConnection connection)
    {
        if (!ReferenceEquals(_last.Protocol, connection.Entry))
        {
            Switch(connection.Entry);
        }

        return connection.Conversation.IsClosing ? null : _last.Message;
    }

    private void Switch(ProtocolEntry protocol)
    {
        if (_last.Protocol is not null)
        {
            (_others ??= []).Add(_last);
        }

        // If wrapping throws, nothing is released twice.
        _last = default;
        if (_others?.FindIndex(other => ReferenceEquals(other.Protocol, protocol)) is >= 0 and var index)
        {
            _last = _others[index];
            _others.RemoveAt(index);
        }
        else
        {
            _last = new Wrapped(protocol, Wrap(protocol));
        }
    }

    private SharedMessage? Wrap(ProtocolEntry protocol)
    {
        if (_protocols.Find(protocol) is not { } declared || !_contract.SequenceEqual(declared.Contract.Name) || !IsInVersions(protocol.Name))
        {
            return null;
        }

        if (!TryFindPayload(declared, out var payload, out var flags))
        {
            Untranslatable = protocol;
            return null;
        }

        var dispatcher = (MessageDispatcher)protocol.Dispatcher;
        var header = new MessageHeader { Kind = EnvelopeKind.Call, Name = _name, Tag = _tag };
        var output = MessageWriter.Rent();
        try
        {
            dispatcher.WriteStart(output, header);
            if (flags.HasFlag(PayloadFlags.Absent))
            {
                dispatcher.WriteNoPayload(output);
            }
            else
            {
                output.Write(payload);
            }

            dispatcher.WriteEnd(output, header);
            var kind = dispatcher.FormatKind ?? (flags.HasFlag(PayloadFlags.Binary) ? MessageKind.Binary : MessageKind.Text);
            return SharedMessage.Copy(output.Written, kind, _key);
        }
        finally
        {
            output.Return();
        }
    }

    private readonly bool IsInVersions(string? name)
    {
        if (!_hasVersions)
        {
            return true;
        }

        var fields = new FieldReader(_fields);
        while (fields.TryRead(out var tag, out var value))
        {
            if (tag == NeutralPush.VersionField && name is not null && Encoding.UTF8.GetString(value) == name)
            {
                return true;
            }
        }

        return false;
    }

    // The sender's form for this protocol. For a protocol that the sender doesn't know: the form of another protocol here with the same
    // codec, unless that form was made for that protocol alone.
    private readonly bool TryFindPayload(DeclaredProtocol protocol, out ReadOnlySpan<byte> payload, out PayloadFlags flags)
    {
        if (TryFindPayload(protocol.Key, out payload, out flags))
        {
            return true;
        }

        foreach (var other in protocol.Contract.Protocols)
        {
            if (ReferenceEquals(other.Entry.Codec, protocol.Entry.Codec)
                && TryFindPayload(other.Key, out payload, out flags)
                && !flags.HasFlag(PayloadFlags.Projected))
            {
                return true;
            }
        }

        payload = default;
        flags = default;
        return false;
    }

    private readonly bool TryFindPayload(ReadOnlySpan<byte> key, out ReadOnlySpan<byte> payload, out PayloadFlags flags)
    {
        var fields = new FieldReader(_fields);
        while (fields.TryRead(out var tag, out var value))
        {
            if (tag != NeutralPush.PayloadField || value.IsEmpty)
            {
                continue;
            }

            flags = (PayloadFlags)value[0];
            var isFound = flags.HasFlag(PayloadFlags.Universal);
            var content = new FieldReader(value[1..]);
            while (content.TryReadBytes(out var name) && !name.IsEmpty)
            {
                isFound |= name.SequenceEqual(key);
            }

            if (isFound && !content.IsBroken)
            {
                payload = content.Rest;
                return true;
            }
        }

        payload = default;
        flags = default;
        return false;
    }

    private readonly record struct Wrapped(ProtocolEntry? Protocol, SharedMessage? Message);
}
