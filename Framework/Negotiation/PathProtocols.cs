using System.Buffers;
using System.Collections.Frozen;
using System.Text;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>The protocols of one path.</summary>
internal sealed class PathProtocols
{
    public const string WebSocketToken = "websocket";

    private readonly FrozenDictionary<string, ProtocolRoute>.AlternateLookup<ReadOnlySpan<char>> _byName;
    private readonly int _longestName;

    public PathProtocols(PathTemplate template, ProtocolRoute[] routes)
    {
        Template = template;
        Routes = routes;
        WebSockets = [.. routes.Where(static route => route.Kind == UpgradeKind.WebSocket)];
        Raw = [.. routes.Where(static route => route.Kind == UpgradeKind.Raw)];
        Default = WebSockets.FirstOrDefault(static route => route.IsDefault || route.Name is null);

        // All origins are parsed here: an error is reported when the server starts, not when the first page connects.
        Origins = WebSockets.Select(static route => route.OriginPatterns).ToArray().FirstOrDefault(static origins => origins is not null);
        AcceptsMismatch = WebSockets.Any(static route => route.SubprotocolMismatch == SubprotocolMismatch.AcceptThenClose);
        UpgradeTokens = string.Join(", ", routes
            .Select(static route => route.Kind == UpgradeKind.WebSocket ? WebSocketToken : route.Name!)
            .Distinct(StringComparer.OrdinalIgnoreCase));
        var named = WebSockets.Where(static route => route.Name is not null).ToArray();
        Subprotocols = string.Join(", ", named.Select(static route => route.Name));
        _longestName = named.Select(static route => route.Name!.Length).DefaultIfEmpty().Max();
        _byName = named
            .DistinctBy(static route => route.Name, StringComparer.Ordinal)
            .ToFrozenDictionary(static route => route.Name!, StringComparer.Ordinal)
            .GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public PathTemplate Template { get; }

    /// <summary>All protocols, in declared order.</summary>
    public IReadOnlyList<ProtocolRoute> Routes { get; }

    public ProtocolRoute[] WebSockets { get; }

    public ProtocolRoute[] Raw { get; }

    /// <summary>The protocol for WebSocket clients that ask for no subprotocol.</summary>
    public ProtocolRoute? Default { get; }

    /// <summary>The origins for requests that choose none of the protocols.</summary>
    public IReadOnlyList<OriginPattern>? Origins { get; }

    public bool AcceptsMismatch { get; }

    /// <summary>The value of the Upgrade header that lists the path's protocols, in declared order (RFC 9110 §15.5.22).</summary>
    public string UpgradeTokens { get; }

    /// <summary>The subprotocols, in declared order, for people to read.</summary>
    public string Subprotocols { get; }

    /// <summary>The WebSocket protocol with that name; the comparison is case-sensitive.</summary>
    public ProtocolRoute? FindSubprotocol(ReadOnlySpan<byte> name)
    {
        if (name.Length > _longestName)
        {
            return null;
        }

        // The buffer has the size of the longest declared name: its size doesn't depend on the peer.
        Span<char> text = stackalloc char[_longestName];
        return Ascii.ToUtf16(name, text, out var length) == OperationStatus.Done && _byName.TryGetValue(text[..length], out var route)
            ? route
            : null;
    }
}
