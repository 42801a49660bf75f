using System.Buffers.Binary;
using System.Text;

namespace UpgradeProtocols;

/// <summary>The kind of a message between nodes. These are wire values: they don't change.</summary>
internal enum NodeMessageKind : byte
{
    /// <summary>A push for the channel's connections.</summary>
    Push = 1,

    /// <summary>A heartbeat of the node.</summary>
    Alive = 2,

    /// <summary>A heartbeat that asks the other nodes for theirs.</summary>
    Hello = 3,

    /// <summary>The node has stopped.</summary>
    Goodbye = 4,

    /// <summary>A presence query.</summary>
    Question = 5,

    /// <summary>The answer to a presence query.</summary>
    Answer = 6,

    /// <summary>A request to a node for one of its connections.</summary>
    Request = 7,

    /// <summary>The answer to such a request.</summary>
    Confirmation = 8,

    /// <summary>A push for the connections of several groups, on the channel of all nodes.</summary>
    PushToGroups = 9,
}

/// <summary>
/// The form of messages between nodes: version, kind, the sender's node (8 bytes), then fields. A field is its tag, its length
/// (LEB128) and its bytes. A reader skips unknown kinds and tags, so that a release can add some. The
/// version changes only when that isn't enough. A reader ignores messages of other versions. See docs/scale-out.md.
/// </summary>
internal static class NodeMessage
{
    public const byte Version = 1;
    public const int HeaderSize = 2 + NodeId.Size;

    // The length always takes four bytes, so that it can be written after the content.
    private const int ReservedLength = 4;
    private const int MaxReserved = 1 << (7 * ReservedLength);

    public static void Start(MessageWriter output, NodeMessageKind kind, NodeId node)
    {
        Span<byte> header = stackalloc byte[HeaderSize];
        header[0] = Version;
        header[1] = (byte)kind;
        node.Write(header[2..]);
        output.Write(header);
    }

    public static void WriteField(MessageWriter output, byte tag, ReadOnlySpan<byte> value)
    {
        output.WriteByte(tag);
        WriteBytes(output, value);
    }

    public static void WriteField(MessageWriter output, byte tag, string value)
    {
        var start = BeginField(output, tag);
        Encoding.UTF8.GetBytes(value, output);
        EndField(output, start);
    }

    public static void WriteField(MessageWriter output, byte tag, long value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        WriteField(output, tag, bytes);
    }

    /// <summary>Begins a field whose length isn't known yet.</summary>
    /// <returns>The position that <see cref="EndField"/> needs.</returns>
    public static int BeginField(MessageWriter output, byte tag)
    {
        output.WriteByte(tag);
        output.Write([0, 0, 0, 0]);
        return output.Length;
    }

    public static void EndField(MessageWriter output, int start)
    {
        var length = output.Length - start;
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(length, MaxReserved);
        var bytes = output.WrittenFrom(start - ReservedLength);
        for (var i = 0; i < ReservedLength; i++, length >>= 7)
        {
            bytes[i] = (byte)((length & 0x7f) | (i < ReservedLength - 1 ? 0x80 : 0));
        }
    }

    /// <summary>Writes the length of the bytes and the bytes.</summary>
    public static void WriteBytes(MessageWriter output, ReadOnlySpan<byte> value)
    {
        var length = (uint)value.Length;
        for (; length >= 0x80; length >>= 7)
        {
            output.WriteByte((byte)(length | 0x80));
        }

        output.WriteByte((byte)length);
        output.Write(value);
    }

    /// <summary>Reads the header; the rest is fields.</summary>
    public static bool TryRead(ReadOnlySpan<byte> message, out NodeMessageKind kind, out NodeId node, out FieldReader fields)
    {
        if (message.Length < HeaderSize || message[0] != Version)
        {
            kind = default;
            node = default;
            fields = default;
            return false;
        }

        kind = (NodeMessageKind)message[1];
        node = NodeId.Read(message[2..]);
        fields = new FieldReader(message[HeaderSize..]);
        return true;
    }

    public static long Number(ReadOnlySpan<byte> value) =>
        value.Length == sizeof(long) ? BinaryPrimitives.ReadInt64LittleEndian(value) : 0;
}

/// <summary>Reads fields, or length-prefixed bytes.</summary>
internal ref struct FieldReader(ReadOnlySpan<byte> rest)
{
    private ReadOnlySpan<byte> _rest = rest;

    /// <summary>The unread bytes.</summary>
    public readonly ReadOnlySpan<byte> Rest => _rest;

    /// <summary>Whether the bytes ended inside a field.</summary>
    public bool IsBroken { get; private set; }

    public bool TryRead(out byte tag, out ReadOnlySpan<byte> value)
    {
        value = default;
        tag = 0;
        if (_rest.IsEmpty)
        {
            return false;
        }

        tag = _rest[0];
        _rest = _rest[1..];
        return TryReadBytes(out value);
    }

    public bool TryReadBytes(out ReadOnlySpan<byte> value)
    {
        long length = 0;
        for (var i = 0; i < 5 && i < _rest.Length; i++)
        {
            length |= (long)(_rest[i] & 0x7f) << (7 * i);
            if (_rest[i] < 0x80)
            {
                var rest = _rest[(i + 1)..];
                if (length > rest.Length)
                {
                    break;
                }

                value = rest[..(int)length];
                _rest = rest[(int)length..];
                return true;
            }
        }

        value = default;
        IsBroken = true;
        return false;
    }
}
