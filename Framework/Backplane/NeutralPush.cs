using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>
/// A push on its way between nodes. The payload is serialized once for each codec and shape among the protocols that have the
/// push, and carries their names. The node that has the connection adds the format's envelope. So no node needs the
/// payload's type, nor a way to deserialize it.
/// </summary>
internal static class NeutralPush
{
    public const byte ConnectionField = 1;
    public const byte ContractField = 2;
    public const byte NameField = 3;
    public const byte TagField = 4;
    public const byte VersionField = 5;
    public const byte PayloadField = 6;
    public const byte SlowConsumerField = 7;
    public const byte KeyField = 8;
    public const byte GroupField = 9;

    public static void Write<T>(
        MessageWriter output, NodeId node, PushMethod<T> method, Type contract, T payload, DeclaredProtocols protocols, string? connectionId, string[]? groups = null)
    {
        NodeMessage.Start(output, groups is null ? NodeMessageKind.Push : NodeMessageKind.PushToGroups, node);
        foreach (var group in groups ?? [])
        {
            NodeMessage.WriteField(output, GroupField, group);
        }

        var declared = protocols.Find(contract);
        if (connectionId is not null)
        {
            NodeMessage.WriteField(output, ConnectionField, connectionId);
        }

        NodeMessage.WriteField(output, ContractField, declared?.Name ?? DeclaredProtocols.NameOf(contract));
        NodeMessage.WriteField(output, NameField, method.Name);
        if (method.Tag != 0)
        {
            NodeMessage.WriteField(output, TagField, method.Tag);
        }

        foreach (var version in method.Versions ?? [])
        {
            NodeMessage.WriteField(output, VersionField, version);
        }

        if (method.SlowConsumer is { } policy)
        {
            NodeMessage.WriteField(output, SlowConsumerField, (int)policy);
        }

        if (method.KeyOf(payload)?.Text is { } key)
        {
            NodeMessage.WriteField(output, KeyField, key);
        }

        if (method.IsUniversal)
        {
            WritePayload(output, method, payload, []);
        }
        else if (declared is not null)
        {
            WritePayloads(output, method, contract, payload, declared.Protocols);
        }
    }

    /// <summary>The key of the push on the receiving node.</summary>
    public static PushKey? KeyOf<T>(PushMethod<T> method, Type contract, T payload) =>
        method.KeyOf(payload)?.Text is { } key ? NeutralPushKey.Of(DeclaredProtocols.NameOf(contract), method.Name, method.Tag, key) : null;

    private static void WritePayloads<T>(MessageWriter output, PushMethod<T> method, Type contract, T payload, List<DeclaredProtocol> protocols)
    {
        for (var i = 0; i < protocols.Count; i++)
        {
            if (method.IsIn(protocols[i].Entry, contract) && IsFirstOfItsShape(protocols, i, method, contract))
            {
                WritePayload(output, method, payload, protocols, i, contract);
            }
        }
    }

    private static bool IsFirstOfItsShape<T>(List<DeclaredProtocol> protocols, int index, PushMethod<T> method, Type contract)
    {
        for (var i = 0; i < index; i++)
        {
            if (method.IsSameIn(protocols[i].Entry, protocols[index].Entry) && method.IsIn(protocols[i].Entry, contract))
            {
                return false;
            }
        }

        return true;
    }

    private static void WritePayload<T>(
        MessageWriter output, PushMethod<T> method, T payload, List<DeclaredProtocol> protocols, int first = 0, Type? contract = null)
    {
        var start = NodeMessage.BeginField(output, PayloadField);
        output.WriteByte(0);
        for (var i = first; i < protocols.Count; i++)
        {
            if (method.IsSameIn(protocols[i].Entry, protocols[first].Entry) && method.IsIn(protocols[i].Entry, contract!))
            {
                NodeMessage.WriteBytes(output, protocols[i].Key);
            }
        }

        // An empty name ends the list of names: every protocol's name is non-empty, since it has a path.
        output.WriteByte(0);
        var flags = method.IsUniversal ? PayloadFlags.Universal
            : method.IsProjectedIn(protocols[first].Entry) ? PayloadFlags.Projected
            : PayloadFlags.None;
        if (typeof(T) == typeof(NoPayload))
        {
            flags |= PayloadFlags.Absent;
        }
        else if (method.WritePayload(output, method.IsUniversal ? null : protocols[first].Entry, payload) == MessageKind.Binary)
        {
            flags |= PayloadFlags.Binary;
        }

        output.WrittenFrom(start)[0] = (byte)flags;
        NodeMessage.EndField(output, start);
    }
}

/// <summary>The kind of a payload. These are wire values.</summary>
[Flags]
internal enum PayloadFlags : byte
{
    None = 0,

    /// <summary>Binary, where the format has no envelope that decides.</summary>
    Binary = 1,

    /// <summary>The payload is the same in every protocol.</summary>
    Universal = 2,

    /// <summary>The message has no payload.</summary>
    Absent = 4,

    /// <summary>The payload has a shape made for the protocols that it names.</summary>
    Projected = 8,
}
