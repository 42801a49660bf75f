using System.ComponentModel;
using System.Text;

namespace UpgradeProtocols.Runtime;

/// <summary>A method of a client contract. Made once by generated code.</summary>
/// <typeparam name="T">The payload's type; <see cref="NoPayload"/> where there is none.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class PushMethod<T>
{
    private readonly byte[] _name;
    private readonly int _tag;
    private readonly string[]? _versions;
    private readonly PayloadSerializer<T>? _fixed;

    // One for each codec among the protocols that name the contract: a few. Replaced as a whole, so that it is read without a lock.
    private CodecSerializer[] _serializers = [];

    /// <summary>Describes a message known by its name.</summary>
    /// <param name="name">The message's name; empty for the catch-all of a format without an envelope.</param>
    /// <param name="versions">The protocols that have it, or <see langword="null"/> for all.</param>
    /// <param name="serializer">The payload's serializer where it is the same in every protocol (text, bytes).</param>
    public PushMethod(string name, string[]? versions = null, PayloadSerializer<T>? serializer = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        _name = Encoding.UTF8.GetBytes(name);
        _versions = versions;
        _fixed = serializer;
    }

    /// <summary>Describes a message known by its tag.</summary>
    /// <param name="tag">The message's tag.</param>
    /// <param name="versions">The protocols that have it, or <see langword="null"/> for all.</param>
    /// <param name="serializer">The payload's serializer where it is the same in every protocol (text, bytes).</param>
    public PushMethod(int tag, string[]? versions = null, PayloadSerializer<T>? serializer = null)
        : this("", versions, serializer) => _tag = tag;

    internal byte[] Name => _name;

    internal int Tag => _tag;

    internal string[]? Versions => _versions;

    /// <summary>Whether the payload is the same in every protocol.</summary>
    internal bool IsUniversal => _fixed is not null || typeof(T) == typeof(NoPayload);

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
            var serializer = _fixed ?? Serializer(protocol);
            serializer.Write(output, payload);
            kind = serializer.Kind;
        }

        dispatcher.WriteEnd(output, header);
        return dispatcher.FormatKind ?? kind;
    }

    /// <summary>Writes the payload alone, for other nodes.</summary>
    /// <returns>Whether it is text or binary.</returns>
    internal MessageKind WritePayload(MessageWriter output, ProtocolEntry? protocol, T payload)
    {
        var serializer = _fixed ?? Serializer(protocol!);
        serializer.Write(output, payload);
        return serializer.Kind;
    }

    private PayloadSerializer<T> Serializer(ProtocolEntry protocol)
    {
        foreach (var known in _serializers)
        {
            if (ReferenceEquals(known.Codec, protocol.Codec))
            {
                return known.Serializer;
            }
        }

        var codec = protocol.Codec ?? throw new InvalidOperationException($"{protocol.DisplayName} has no codec for {typeof(T)}.");
        var serializer = codec.GetSerializer<T>();
        _serializers = [.. _serializers, new CodecSerializer(codec, serializer)];
        return serializer;
    }

    private sealed record CodecSerializer(IPayloadCodec Codec, PayloadSerializer<T> Serializer);
}

/// <summary>The payload of a message that has none.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly struct NoPayload;
