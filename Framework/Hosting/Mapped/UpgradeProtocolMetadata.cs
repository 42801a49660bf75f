using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>
/// Describes the protocols of an endpoint of <c>MapUpgradeProtocols()</c> in its metadata: for middleware, conventions and tools.
/// </summary>
public sealed class UpgradeProtocolMetadata
{
    internal UpgradeProtocolMetadata(string path, Type handlerType, IReadOnlyList<ProtocolRoute> routes)
    {
        Path = path;
        HandlerType = handlerType;
        Protocols = [.. routes.Select(static route => route.Name).OfType<string>()];
        HasDefault = routes.Any(static route => route.Kind == UpgradeKind.WebSocket && (route.Name is null || route.IsDefault));
    }

    /// <summary>The path as it was declared, without the prefix that it is mapped under.</summary>
    public string Path { get; }

    /// <summary>The handler class.</summary>
    public Type HandlerType { get; }

    /// <summary>The names of the handler's protocols on this path: subprotocols and upgrade tokens, in declared order.</summary>
    public IReadOnlyList<string> Protocols { get; }

    /// <summary>Whether the handler serves WebSocket clients that ask for no subprotocol.</summary>
    public bool HasDefault { get; }

    /// <inheritdoc/>
    public override string ToString() =>
        $"Upgrade {Path} => {HandlerType.Name} ({(Protocols.Count == 0 ? "default" : string.Join(", ", Protocols))})";
}
