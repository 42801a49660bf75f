using System.Text;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>
/// A push in the form between nodes, for the connections of this node: another node's, or this node's own. The envelope is put around the
/// payload, which isn't serialized again.
/// </summary>
internal readonly ref struct ReceivedPush : IPushEncoder
{
    private readonly DeclaredProtocols _protocols;
    private readonly ReadOnlySpan<byte> _fields;
    private readonly ReadOnlySpan<byte> _contract;
    private readonly ReadOnlySpan<byte> _name;
    private readonly int _tag;
    private readonly bool _hasVersions;
    private readonly PushKey? _key;

    private ReceivedPush(DeclaredProtocols protocols, FieldReader fields)
    {
        _protocols = protocols;
        _fields = fields.Rest;
        SlowConsumerPolicy? policy = null;
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
                    policy = (SlowConsumerPolicy)NodeMessage.Number(value);
                    break;
                case NeutralPush.GroupField:
                    (Groups ??= []).Add(Encoding.UTF8.GetString(value));
                    break;
                case NeutralPush.KeyField:
                    key = Encoding.UTF8.GetString(value);
                    break;
            }
        }

        // A later release may have more policies.
        Policy = policy is { } known && Enum.IsDefined(known) ? known : null;
        _key = key is null ? null : NeutralPushKey.Of(_contract, _name, _tag, key);
        IsBroken = fields.IsBroken || _contract.IsEmpty;
    }

    /// <summary>The connection that gets the push, if it is for a single one.</summary>
    public string? ConnectionId { get; }

    /// <summary>The groups that get the push, if it is for several.</summary>
    public List<string>? Groups { get; }

    /// <summary>The push's own policy for a full queue.</summary>
    public SlowConsumerPolicy? Policy { get; }

    public bool IsBroken { get; }

    public static ReceivedPush Read(FieldReader fields, DeclaredProtocols protocols) => new(protocols, fields);

    public SharedMessage? Encode(ProtocolEntry protocol, out bool isUntranslatable)
    {
        isUntranslatable = false;
        if (_protocols.Find(protocol) is not { } declared || !_contract.SequenceEqual(declared.Contract.Name) || !IsInVersions(protocol.Name))
        {
            return null;
        }

        if (!TryFindPayload(declared, out var payload, out var flags))
        {
            isUntranslatable = true;
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

    private bool IsInVersions(string? name)
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
    private bool TryFindPayload(DeclaredProtocol protocol, out ReadOnlySpan<byte> payload, out PayloadFlags flags)
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

    private bool TryFindPayload(ReadOnlySpan<byte> key, out ReadOnlySpan<byte> payload, out PayloadFlags flags)
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
}
