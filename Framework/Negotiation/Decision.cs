using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>The decision on a request.</summary>
internal abstract record Decision
{
    private Decision()
    {
    }

    /// <summary>No upgrade: the regular responder handles the request.</summary>
    public sealed record Regular : Decision
    {
        public static readonly Regular Instance = new();
    }

    /// <summary>The server refuses the request.</summary>
    /// <param name="Response">The response; its body states the error and what to send instead.</param>
    /// <param name="Closes">
    /// Whether the connection ends: after a refused upgrade, the following bytes belong to the new protocol and are never read as a request
    /// (N8).
    /// </param>
    /// <param name="Reason">The reason, for a metric.</param>
    public sealed record Refused(RegularResponse Response, bool Closes, RefusalReason Reason) : Decision;

    /// <summary>The connection is upgraded.</summary>
    /// <param name="Route">The protocol; null if a WebSocket is accepted only to be closed with 1002 (S5).</param>
    /// <param name="Token">The value of the response's Upgrade header.</param>
    /// <param name="RouteValues">The path's route values.</param>
    /// <param name="Accept">The value of Sec-WebSocket-Accept, for WebSockets.</param>
    /// <param name="Subprotocol">The value of Sec-WebSocket-Protocol, if the client asked for a subprotocol.</param>
    public sealed record Upgraded(
        ProtocolRoute? Route,
        string Token,
        IReadOnlyDictionary<string, string> RouteValues,
        string? Accept = null,
        string? Subprotocol = null) : Decision;
}
