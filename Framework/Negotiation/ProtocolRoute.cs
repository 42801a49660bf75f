using System.ComponentModel;

namespace UpgradeProtocols.Runtime;

/// <summary>
/// A declared protocol, for the negotiation. Generated code creates one for each <see cref="UpgradeProtocolAttribute"/>.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public class ProtocolRoute
{
    /// <summary>The path as it was declared.</summary>
    public required string Path { get; init; }

    /// <summary>The protocol's name, or <see langword="null"/> for the path's default.</summary>
    public string? Name { get; init; }

    /// <summary>The kind of protocol that the connection is upgraded to.</summary>
    public UpgradeKind Kind { get; init; }

    /// <summary>Whether it serves WebSocket clients that ask for no subprotocol.</summary>
    public bool IsDefault { get; init; }

    /// <summary>The request methods that start the upgrade.</summary>
    public IReadOnlyList<string> Methods { get; init; } = ["GET"];

    /// <summary>The origins that may connect besides the server's own, or <see langword="null"/> to use the server's option.</summary>
    public IReadOnlyList<string>? AllowedOrigins { get; init; }

    /// <summary>The reaction if all of the client's subprotocols are unknown.</summary>
    public SubprotocolMismatch SubprotocolMismatch { get; init; }

    internal PathTemplate Template => field ??= PathTemplate.Parse(Path);

    internal IReadOnlyList<OriginPattern>? OriginPatterns => field ??= AllowedOrigins is null
        ? null
        : OriginPattern.ParseAll(AllowedOrigins, $"AllowedOrigins of {Name ?? "the default"} on {Path}");
}
