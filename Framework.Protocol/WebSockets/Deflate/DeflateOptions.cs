using System.IO.Compression;

namespace UpgradeProtocols;

/// <summary>The options and limits of a protocol's permessage-deflate (RFC 7692).</summary>
internal sealed record DeflateOptions
{
    /// <summary>The minimum size for compression. A smaller message is sent uncompressed: compression costs more than it saves.</summary>
    public int MinimumSize { get; init; } = 256;

    public CompressionLevel Level { get; init; } = CompressionLevel.Fastest;

    /// <summary>Whether a message may refer to earlier ones if the client wants that too: smaller messages, more memory.</summary>
    public bool ContextTakeover { get; init; } = true;

    /// <summary>
    /// The limit of connections that may keep a compressor between messages; null for no limit. All counted connections share it.
    /// </summary>
    public DeflateContextLimit? ContextLimit { get; init; }

    /// <summary>The largest window that the server asks clients to use, 9 to 15: with takeover, it keeps that much of their data.</summary>
    public int ClientMaxWindowBits { get; init; } = DeflateAgreement.MaxWindowBits;
}
