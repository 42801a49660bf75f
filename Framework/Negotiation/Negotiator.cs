using System.Text;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>Decides on a request, by the rules N and S in the order of their status codes.</summary>
internal sealed class Negotiator(NegotiationTable table, OriginPolicy origins)
{
    private const string VersionField = "Sec-WebSocket-Version";
    private const string SubprotocolField = "Sec-WebSocket-Protocol";

    /// <param name="request">The request's head.</param>
    /// <param name="hasRegular">Whether the path has a regular responder.</param>
    public Decision Decide(UpgradeRequest request, bool hasRegular)
    {
        if (table.Find(request.Path) is { } path)
        {
            return Decide(request, path, hasRegular);
        }

        return hasRegular ? Decision.Regular.Instance : NotFound(request, WantsUpgrade(request));
    }

    /// <param name="request">The request's head.</param>
    /// <param name="path">The protocols of its path, which ASP.NET Core has routed.</param>
    /// <param name="hasRegular">Whether the path has a regular responder.</param>
    public Decision Decide(UpgradeRequest request, PathProtocols path, bool hasRegular)
    {
        var wantsUpgrade = WantsUpgrade(request);
        var isWebSocket = false;
        if (wantsUpgrade && FindProtocol(request, path, out isWebSocket) is { } raw)
        {
            return DecideRaw(request, path, raw);
        }

        if (isWebSocket)
        {
            return DecideWebSocket(request, path);
        }

        return hasRegular ? Decision.Regular.Instance : UpgradeRequired(path, wantsUpgrade);
    }

    /// <summary>Finds the protocol that a request asks for, before any other check: authorization depends on the protocol.</summary>
    /// <param name="request">The request's head.</param>
    /// <param name="path">The protocols of its path.</param>
    /// <param name="route">The protocol; null if the request asks for an upgrade that will be refused.</param>
    /// <returns>Whether the request asks for an upgrade that the path has.</returns>
    public static bool TryFind(UpgradeRequest request, PathProtocols path, out ProtocolRoute? route)
    {
        route = null;
        if (!WantsUpgrade(request))
        {
            return false;
        }

        route = FindProtocol(request, path, out var isWebSocket);
        if (isWebSocket)
        {
            TryChooseSubprotocol(request, path, out _, out route);
        }

        return isWebSocket || route is not null;
    }

    // N1, N2; N9: an extended CONNECT has neither header.
    private static bool WantsUpgrade(UpgradeRequest request) =>
        request.ConnectProtocol is not null
        || (request.HttpVersion.Minor != 0 && request.Headers.HasToken("Connection", "upgrade") && request.Headers.Contains("Upgrade"));

    /// <summary>The first protocol of the client's list that the path has (N3).</summary>
    private static ProtocolRoute? FindProtocol(UpgradeRequest request, PathProtocols path, out bool isWebSocket)
    {
        if (request.ConnectProtocol is { } connect)
        {
            return FindProtocol(Encoding.UTF8.GetBytes(connect), path, out isWebSocket);
        }

        foreach (var offered in request.Headers.EnumerateList("Upgrade"))
        {
            if (FindProtocol(offered, path, out isWebSocket) is { } raw)
            {
                return raw;
            }

            if (isWebSocket)
            {
                return null;
            }
        }

        isWebSocket = false;
        return null;
    }

    private static ProtocolRoute? FindProtocol(ReadOnlySpan<byte> offered, PathProtocols path, out bool isWebSocket)
    {
        isWebSocket = path.WebSockets.Length > 0 && UpgradeToken.Matches(offered, PathProtocols.WebSocketToken);
        if (!isWebSocket)
        {
            foreach (var route in path.Raw)
            {
                if (UpgradeToken.Matches(offered, route.Name!))
                {
                    return route;
                }
            }
        }

        return null;
    }

    private static Decision DecideRaw(UpgradeRequest request, PathProtocols path, ProtocolRoute route) =>
        request.ConnectProtocol is not null || route.Methods.Contains(request.Method)
            ? new Decision.Upgraded(route, route.Name!, route.Template.Values(request.Path))
            : MethodNotAllowed($"{route.Name} on {path.Template.Text}", string.Join(", ", route.Methods));

    private Decision DecideWebSocket(UpgradeRequest request, PathProtocols path)
    {
        // RFC 8441 §5: an extended CONNECT has no GET, and no key to prove that the server has read the handshake.
        var isConnect = request.ConnectProtocol is not null;
        if (request.Method != "GET" && !isConnect)
        {
            return MethodNotAllowed("A WebSocket handshake", "GET");
        }

        if (!request.Headers.TryGetOnly(VersionField, out var version) || !version.SequenceEqual("13"u8))
        {
            return Refuse(426, RefusalReason.Version, "This server supports version 13 of the WebSocket protocol: send Sec-WebSocket-Version: 13.",
                (VersionField, "13"), ("Upgrade", path.UpgradeTokens), ("Connection", "Upgrade"));
        }

        var accept = isConnect ? null : ComputeAccept(request);
        if (accept is null && !isConnect)
        {
            return Refuse(400, RefusalReason.Key, "Send exactly one Sec-WebSocket-Key, the base64 of 16 random bytes.");
        }

        var isValid = TryChooseSubprotocol(request, path, out var asked, out var route);
        if (request.Headers["Origin"] is { } origin && !origins.Allows(request, origin, route is null ? path.Origins : route.OriginPatterns))
        {
            return Refuse(403, RefusalReason.Origin, "This origin is not allowed: add it to AllowedOrigins, or serve the page from this host.");
        }

        if (!isValid)
        {
            return Refuse(400, RefusalReason.Subprotocol, "Sec-WebSocket-Protocol must be a list of different tokens.");
        }

        if (route is null && !(asked && path.AcceptsMismatch))
        {
            return Refuse(400, RefusalReason.Subprotocol, NoSubprotocol(path, asked));
        }

        return HasValidExtensions(request)
            ? new Decision.Upgraded(
                route,
                PathProtocols.WebSocketToken,
                (route ?? path.WebSockets[0]).Template.Values(request.Path),
                accept,
                asked ? route?.Name : null)
            : Refuse(400, RefusalReason.Extensions, "Sec-WebSocket-Extensions must be a list of extensions: name; parameter=value, …");
    }

    private static string? ComputeAccept(UpgradeRequest request)
    {
        Span<byte> accept = stackalloc byte[WebSocketKey.AcceptLength];
        return request.Headers.TryGetOnly("Sec-WebSocket-Key", out var key) && WebSocketKey.TryComputeAccept(key, accept)
            ? Encoding.ASCII.GetString(accept)
            : null;
    }

    /// <summary>
    /// Chooses the first subprotocol of the client's list that the path has, or the default if the client asked for none (S4, S5).
    /// </summary>
    /// <returns>Whether the client's list is well-formed.</returns>
    private static bool TryChooseSubprotocol(UpgradeRequest request, PathProtocols path, out bool asked, out ProtocolRoute? route)
    {
        route = null;
        var names = request.Headers.EnumerateList(SubprotocolField);
        var count = 0;
        var areTokens = true;
        while (names.MoveNext())
        {
            count++;
            areTokens &= HttpCharacters.IsToken(names.Current);
            route ??= path.FindSubprotocol(names.Current);
        }

        asked = count > 0 || names.IsMalformed;
        if (names.IsMalformed)
        {
            route = null;
            return false;
        }

        route = asked ? route : path.Default;
        return areTokens && !HasRepeats(request.Headers, count);
    }

    // Most clients ask for one subprotocol. Longer lists use a set: a list as long as a head would need too many comparisons.
    private static bool HasRepeats(UpgradeRequestHeaders fields, int count)
    {
        if (count < 2)
        {
            return false;
        }

        var seen = new HashSet<string>(count, StringComparer.Ordinal);
        foreach (var name in fields.EnumerateList(SubprotocolField))
        {
            if (!seen.Add(Encoding.ASCII.GetString(name)))
            {
                return true;
            }
        }

        return false;
    }

    private static bool HasValidExtensions(UpgradeRequest request)
    {
        var members = request.Headers.EnumerateList("Sec-WebSocket-Extensions");
        while (members.MoveNext())
        {
            if (!ExtensionSyntax.IsValid(members.Current))
            {
                return false;
            }
        }

        return !members.IsMalformed;
    }

    private static string NoSubprotocol(PathProtocols path, bool asked)
    {
        var there = path.Subprotocols.Length == 0 ? "no named subprotocols" : $"the subprotocols {path.Subprotocols}";
        return asked
            ? $"{path.Template.Text} has none of the requested subprotocols. It has {there}. Names are case-sensitive."
            : $"Ask for a subprotocol: {path.Template.Text} has {there}, and no default.";
    }

    private static Decision.Refused NotFound(UpgradeRequest request, bool wantsUpgrade) => new(
        RegularResponse.Text(
            wantsUpgrade ? "No protocol is declared for this path: check the path of the URL.\n" : "There is nothing at this path.\n",
            404),
        wantsUpgrade || !request.KeepAlive,
        RefusalReason.NotFound);

    private static Decision.Refused UpgradeRequired(PathProtocols path, bool wantsUpgrade) => new(
        Answer(426, $"{path.Template.Text} needs an upgrade: send the header Connection: Upgrade, and the header Upgrade with one of these: {path.UpgradeTokens}.",
            ("Upgrade", path.UpgradeTokens), ("Connection", "Upgrade")),
        wantsUpgrade,
        RefusalReason.UpgradeRequired);

    private static Decision.Refused MethodNotAllowed(string what, string allow) =>
        Refuse(405, RefusalReason.MethodNotAllowed, $"{what} needs one of these methods: {allow}.", ("Allow", allow));

    private static Decision.Refused Refuse(
        int status, RefusalReason reason, string message, params ReadOnlySpan<(string Name, string Value)> fields) =>
        new(Answer(status, message, fields), Closes: true, reason);

    private static RegularResponse Answer(int status, string message, params ReadOnlySpan<(string Name, string Value)> fields)
    {
        var response = RegularResponse.Text(message + "\n", status);
        foreach (var (name, value) in fields)
        {
            response = response.WithHeader(name, value);
        }

        return response;
    }
}
