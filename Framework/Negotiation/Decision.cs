using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>What becomes of a request.</summary>
internal abstract record Decision
{
    private Decision()
    {
    }

    /// <summary>No upgrade: the regular responder answers.</summary>
    public sealed record Regular : Decision
    {
        public static readonly Regular Instance = new();
    }

    /// <summary>The server answers itself.</summary>
    /// <param name="Response">The answer; its body says what was wrong and what to send instead.</param>
    /// <param name="Closes">
    /// Whether the connection ends: after the refusal of an upgrade, what follows is the new protocol's and never read as a request (N8).
    /// </param>
    /// <param name="Reason">Why, in a word.</param>
    public sealed record Refused(RegularResponse Response, bool Closes, RefusalReason Reason) : Decision;

    /// <summary>The connection is upgraded.</summary>
    /// <param name="Route">The protocol; null when a WebSocket is accepted only to be closed with 1002 (S5).</param>
    /// <param name="Token">The value of the answer's Upgrade field.</param>
    /// <param name="RouteValues">The path's values.</param>
    /// <param name="Accept">The value of Sec-WebSocket-Accept, for WebSockets.</param>
    /// <param name="Subprotocol">The value of Sec-WebSocket-Protocol, when one was asked for.</param>
    public sealed record Upgraded(
        ProtocolRoute? Route,
        string Token,
        IReadOnlyDictionary<string, string> RouteValues,
        string? Accept = null,
        string? Subprotocol = null) : Decision;
}
