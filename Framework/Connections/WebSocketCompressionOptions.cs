using System.IO.Compression;

namespace UpgradeProtocols;

/// <summary>
/// The compression settings (RFC 7692) of protocols that set <see cref="UpgradeProtocolAttribute.Compression"/>. A client
/// that can't compress gets uncompressed messages.
/// </summary>
public sealed class WebSocketCompressionOptions
{
    /// <summary>The size below which messages are sent uncompressed; 256 bytes by default.</summary>
    public int MinimumSize { get; set; } = 256;

    /// <summary>The compression level; <see cref="CompressionLevel.Fastest"/> by default.</summary>
    public CompressionLevel Level { get; set; } = CompressionLevel.Fastest;

    /// <summary>
    /// Whether a message may refer to earlier ones where the client allows it; <see langword="true"/> by default. Messages
    /// are smaller then, and a connection keeps about 200 KiB of compressor state between messages.
    /// </summary>
    public bool ContextTakeover { get; set; } = true;

    /// <summary>
    /// The maximum number of connections that keep a compressor between messages; 1,000 by default. Others compress each message
    /// separately.
    /// </summary>
    public int MaxContexts { get; set; } = 1000;

    /// <summary>
    /// The largest window in bits, 9 to 15, that clients are asked to use; 15 by default. With takeover the server keeps a window of that
    /// size.
    /// </summary>
    public int ClientMaxWindowBits { get; set; } = 15;

    internal bool IsSameAs(WebSocketCompressionOptions other) =>
        (MinimumSize, Level, ContextTakeover, MaxContexts, ClientMaxWindowBits)
        == (other.MinimumSize, other.Level, other.ContextTakeover, other.MaxContexts, other.ClientMaxWindowBits);
}
