namespace UpgradeProtocols;

/// <summary>The protocols of one path.</summary>
internal sealed class PathProtocols
{
    public const string WebSocketToken = "websocket";

    public PathProtocols(PathTemplate template, ProtocolRoute[] routes)
    {
        Template = template;
        Routes = routes;
        WebSockets = [.. routes.Where(static route => route.Kind == UpgradeKind.WebSocket)];
        Raw = [.. routes.Where(static route => route.Kind == UpgradeKind.Raw)];
        Default = WebSockets.FirstOrDefault(static route => route.IsDefault || route.Name is null);

        // All are parsed here: a wrong one is told when the server starts, not to the first page that connects.
        Origins = WebSockets.Select(static route => route.OriginPatterns).ToArray().FirstOrDefault(static origins => origins is not null);
        AcceptsMismatch = WebSockets.Any(static route => route.SubprotocolMismatch == SubprotocolMismatch.AcceptThenClose);
        UpgradeTokens = string.Join(", ", routes
            .Select(static route => route.Kind == UpgradeKind.WebSocket ? WebSocketToken : route.Name!)
            .Distinct(StringComparer.OrdinalIgnoreCase));
        Subprotocols = string.Join(", ", WebSockets.Select(static route => route.Name).OfType<string>());
    }

    public PathTemplate Template { get; }

    /// <summary>All, in declared order.</summary>
    public IReadOnlyList<ProtocolRoute> Routes { get; }

    public ProtocolRoute[] WebSockets { get; }

    public ProtocolRoute[] Raw { get; }

    /// <summary>Serves WebSocket clients that ask for no subprotocol.</summary>
    public ProtocolRoute? Default { get; }

    /// <summary>The origins for requests that choose none of the protocols.</summary>
    public IReadOnlyList<OriginPattern>? Origins { get; }

    public bool AcceptsMismatch { get; }

    /// <summary>The value of the Upgrade field that tells what there is, in declared order (RFC 9110 §15.5.22).</summary>
    public string UpgradeTokens { get; }

    /// <summary>The subprotocols, in declared order, for people to read.</summary>
    public string Subprotocols { get; }
}
