using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace UpgradeProtocols;

/// <summary>The proof that the server has read a WebSocket handshake (RFC 6455 §4.2.2).</summary>
internal static class WebSocketKey
{
    /// <summary>16 bytes in base64.</summary>
    public const int KeyLength = 24;

    /// <summary>A SHA-1 hash in base64.</summary>
    public const int AcceptLength = 28;

    private static readonly SearchValues<byte> Base64Digits =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"u8);

    private static ReadOnlySpan<byte> Guid => "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"u8;

    /// <summary>
    /// Writes the 28 characters of Sec-WebSocket-Accept for a client's key; returns false if the key isn't the base64 of exactly 16 bytes
    /// (S3).
    /// </summary>
    [SuppressMessage("Security", "CA5350", Justification = "RFC 6455 prescribes SHA-1; it proves understanding and protects nothing.")]
    public static bool TryComputeAccept(ReadOnlySpan<byte> key, Span<byte> accept)
    {
        if (!IsValid(key))
        {
            return false;
        }

        Span<byte> joined = stackalloc byte[KeyLength + 36];
        key.CopyTo(joined);
        Guid.CopyTo(joined[KeyLength..]);
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
        SHA1.HashData(joined, hash);
        Base64.EncodeToUtf8(hash, accept[..AcceptLength], out _, out _);
        return true;
    }

    /// <summary>
    /// Checks the 22nd digit, which carries the last two of 128 bits; the four bits below them must be 0 (RFC 4648 §3.5).
    /// </summary>
    private static bool IsValid(ReadOnlySpan<byte> key) =>
        key.Length == KeyLength
        && key[22..].SequenceEqual("=="u8)
        && !key[..22].ContainsAnyExcept(Base64Digits)
        && key[21] is (byte)'A' or (byte)'Q' or (byte)'g' or (byte)'w';
}
