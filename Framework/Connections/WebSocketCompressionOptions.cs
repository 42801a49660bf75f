using System.IO.Compression;

namespace UpgradeProtocols;

/// <summary>
/// How messages are compressed (RFC 7692) for protocols that say <see cref="UpgradeProtocolAttribute.Compression"/>. A client
/// that can't compress is served uncompressed.
/// </summary>
public sealed class WebSocketCompressionOptions
{
    /// <summary>Messages smaller than this are sent as they are; 256 bytes by default.</summary>
    public int MinimumSize { get; set; } = 256;

    /// <summary>How hard the compressor tries; <see cref="CompressionLevel.Fastest"/> by default.</summary>
    public CompressionLevel Level { get; set; } = CompressionLevel.Fastest;

    /// <summary>
    /// Whether a message may refer to earlier ones where the client wants that too; <see langword="true"/> by default. Messages
    /// are smaller then, and a connection keeps some 200 KiB of compressor between them.
    /// </summary>
    public bool ContextTakeover { get; set; } = true;

    /// <summary>How many connections may keep a compressor between messages; 1,000 by default. Others compress each message on its own.</summary>
    public int MaxContexts { get; set; } = 1000;

    /// <summary>The largest window in bits, 9 to 15, that clients are asked to use; 15 by default. With takeover so much is kept of what they send.</summary>
    public int ClientMaxWindowBits { get; set; } = 15;

    internal bool IsSameAs(WebSocketCompressionOptions other) =>
        (MinimumSize, Level, ContextTakeover, MaxContexts, ClientMaxWindowBits)
        == (other.MinimumSize, other.Level, other.ContextTakeover, other.MaxContexts, other.ClientMaxWindowBits);
}
