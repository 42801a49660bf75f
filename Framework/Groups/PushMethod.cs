using System.ComponentModel;
using System.Text;

namespace UpgradeProtocols.Runtime;

/// <summary>A method of a client contract. Created once by generated code.</summary>
/// <typeparam name="T">The payload's type; <see cref="NoPayload"/> where there is none.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class PushMethod<T>
{
    private readonly byte[] _name;
    private readonly int _tag;
    private readonly string[]? _versions;
    private readonly CodecSerializers<T> _serializers;

    /// <summary>Describes a message that a name identifies.</summary>
    /// <param name="name">The message's name; empty for the catch-all of a format without an envelope.</param>
    /// <param name="versions">The protocols that have it, or <see langword="null"/> for all.</param>
    /// <param name="serializer">The payload's serializer where it is the same in every protocol (text, bytes).</param>
    public PushMethod(string name, string[]? versions = null, PayloadSerializer<T>? serializer = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        _name = Encoding.UTF8.GetBytes(name);
        _versions = versions;
        _serializers = new CodecSerializers<T>(serializer);
    }

    /// <summary>Describes a message that a tag identifies.</summary>
    /// <param name="tag">The message's tag.</param>
    /// <param name="versions">The protocols that have it, or <see langword="null"/> for all.</param>
    /// <param name="serializer">The payload's serializer where it is the same in every protocol (text, bytes).</param>
    public PushMethod(int tag, string[]? versions = null, PayloadSerializer<T>? serializer = null)
        : this("", versions, serializer) => _tag = tag;

    /// <summary>The policy of the push when the outbound queue is full; <see langword="null"/> for the protocol's policy.</summary>
    public SlowConsumerPolicy? SlowConsumer { get; init; }

    /// <summary>The selector of the key by which a newer push replaces a waiting one; <see langword="null"/> where none does.</summary>
    public PushKeySelector<T>? LatestBy { get; init; }

    /// <summary>The payload's shapes in some of the protocols.</summary>
    public PushProjection<T>[]? Projections { get; init; }

    internal PushKey? KeyOf(T payload) => payload is null ? null : LatestBy?.KeyOf(this, payload);

    internal byte[] Name => _name;

    internal int Tag => _tag;

    internal string[]? Versions => _versions;

    /// <summary>Whether the payload is the same in every protocol.</summary>
    internal bool IsUniversal => typeof(T) == typeof(NoPayload) || (_serializers.AreSame && Projections is null or []);

    /// <summary>Whether the protocol has messages, and declares this contract and this version of it.</summary>
    internal bool IsIn(ProtocolEntry protocol, Type contract) =>
        protocol.ClientType == contract && protocol.Dispatcher is MessageDispatcher && (_versions is null || _versions.Contains(protocol.Name));

    /// <summary>Writes the message in the protocol's format.</summary>
    /// <returns>Whether it is text or binary.</returns>
    internal MessageKind Write(MessageWriter output, ProtocolEntry protocol, T payload, ReadOnlySpan<byte> id = default)
    {
        var dispatcher = (MessageDispatcher)protocol.Dispatcher;
        var header = new MessageHeader { Kind = EnvelopeKind.Call, Name = _name, Tag = _tag, Id = id };
        dispatcher.WriteStart(output, header);
        MessageKind kind;
        if (typeof(T) == typeof(NoPayload))
        {
            dispatcher.WriteNoPayload(output);
            kind = MessageKind.Text;
        }
        else
        {
            kind = WritePayload(output, protocol, payload);
        }

        dispatcher.WriteEnd(output, header);
        return dispatcher.FormatKind ?? kind;
    }

    /// <summary>Writes only the payload, in its shape for the protocol.</summary>
    /// <returns>Whether it is text or binary.</returns>
    internal MessageKind WritePayload(MessageWriter output, ProtocolEntry? protocol, T payload)
    {
        if (protocol is not null && ProjectionFor(protocol) is { } projection)
        {
            return projection.Write(output, protocol, payload);
        }

        var serializer = _serializers.For(protocol);
        serializer.Write(output, payload);
        return serializer.Kind;
    }

    /// <summary>Whether two protocols get the same payload bytes.</summary>
    internal bool IsSameIn(ProtocolEntry one, ProtocolEntry other) =>
        ReferenceEquals(one.Codec, other.Codec) && ReferenceEquals(ProjectionFor(one), ProjectionFor(other));

    /// <summary>Whether the protocol has its own shape.</summary>
    internal bool IsProjectedIn(ProtocolEntry protocol) => ProjectionFor(protocol) is not null;

    private PushProjection<T>? ProjectionFor(ProtocolEntry protocol)
    {
        foreach (var projection in Projections ?? [])
        {
            if (projection.IsFor(protocol))
            {
                return projection;
            }
        }

        return null;
    }
}

/// <summary>The payload of a message that has none.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly struct NoPayload;
