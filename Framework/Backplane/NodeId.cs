using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;

namespace UpgradeProtocols;

/// <summary>
/// A node's name: 64 random bits. It is the prefix of its connections' ids, so that a message finds the node without a query.
/// </summary>
internal readonly record struct NodeId(ulong Value)
{
    public const int Size = sizeof(ulong);

    // 8 bytes in base64url, and a dot, which base64url doesn't contain.
    private const int TextLength = 11;

    public static NodeId New()
    {
        Span<byte> random = stackalloc byte[Size];
        RandomNumberGenerator.Fill(random);
        return Read(random);
    }

    public static NodeId Read(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt64BigEndian(bytes));

    public void Write(Span<byte> bytes) => BinaryPrimitives.WriteUInt64BigEndian(bytes, Value);

    /// <summary>Adds the node's name to a connection's id as its prefix.</summary>
    public string Mark(string id) => $"{this}.{id}";

    /// <summary>Gets the node of a connection from its id.</summary>
    public static NodeId? Of(string connectionId)
    {
        Span<byte> bytes = stackalloc byte[Size];
        return connectionId.Length > TextLength + 1
            && connectionId[TextLength] == '.'
            && Base64Url.IsValid(connectionId.AsSpan(0, TextLength))
            && Base64Url.TryDecodeFromChars(connectionId.AsSpan(0, TextLength), bytes, out var written)
            && written == Size
            ? Read(bytes)
            : null;
    }

    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Size];
        Write(bytes);
        return Base64Url.EncodeToString(bytes);
    }
}
