using System.IO.Compression;

namespace UpgradeProtocols;

/// <summary>What a protocol's permessage-deflate may do and cost (RFC 7692).</summary>
internal sealed record DeflateOptions
{
    /// <summary>A smaller message is sent as it is: compressing it costs more than it saves.</summary>
    public int MinimumSize { get; init; } = 256;

    public CompressionLevel Level { get; init; } = CompressionLevel.Fastest;

    /// <summary>Whether a message may refer to earlier ones where the client wants that too: smaller messages, more memory.</summary>
    public bool ContextTakeover { get; init; } = true;

    /// <summary>How many connections may keep a compressor between messages; null: any number. Shared by those it counts.</summary>
    public DeflateContextLimit? ContextLimit { get; init; }

    /// <summary>The largest window that clients are asked to use, 9 to 15: with takeover, so much is kept of what they send.</summary>
    public int ClientMaxWindowBits { get; init; } = DeflateAgreement.MaxWindowBits;
}
