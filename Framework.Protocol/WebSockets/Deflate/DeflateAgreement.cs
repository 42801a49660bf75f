using System.Globalization;
using System.Text;

namespace UpgradeProtocols;

/// <summary>The parameters of permessage-deflate that server and client agreed on (RFC 7692 §7.1).</summary>
internal sealed record DeflateAgreement
{
    public const int MinWindowBits = 8;
    public const int MaxWindowBits = 15;

    /// <summary>Whether the server may refer to its earlier messages.</summary>
    public bool ServerContextTakeover { get; init; }

    /// <summary>Whether the client may refer to its earlier messages.</summary>
    public bool ClientContextTakeover { get; init; }

    public int ServerWindowBits { get; init; } = MaxWindowBits;

    public int ClientWindowBits { get; init; } = MaxWindowBits;

    /// <summary>Whether the client asked for a limit: then the response repeats it, including 15 (RFC 7692 §7.1.2.1).</summary>
    public bool ServerWindowAsked { get; init; }

    /// <summary>The window of a side's messages.</summary>
    public DeflateWindow WindowOf(WebSocketRole sender) =>
        sender == WebSocketRole.Server ? new(ServerContextTakeover, ServerWindowBits) : new(ClientContextTakeover, ClientWindowBits);

    /// <summary>
    /// Whether the client can inflate a message of the server that is compressed on its own; see <see cref="DeflateWindow.Fits"/>.
    /// </summary>
    public bool FitsServerWindow(int messageLength) => WindowOf(WebSocketRole.Server).Fits(messageLength);

    /// <summary>
    /// Whether a message that was compressed once for several connections may be sent on this one. It may not if there is a server context:
    /// the client's window would contain a message that the server's doesn't, and every later distance would be wrong.
    /// </summary>
    public bool TakesCompressedOnce(int messageLength) => !ServerContextTakeover && FitsServerWindow(messageLength);

    /// <summary>The response's Sec-WebSocket-Extensions.</summary>
    public string ToHeaderValue()
    {
        var answer = new StringBuilder(DeflateOffer.ExtensionName);
        if (!ServerContextTakeover)
        {
            answer.Append("; ").Append(DeflateOffer.ServerNoContextTakeover);
        }

        if (!ClientContextTakeover)
        {
            answer.Append("; ").Append(DeflateOffer.ClientNoContextTakeover);
        }

        if (ServerWindowAsked)
        {
            answer.Append(CultureInfo.InvariantCulture, $"; {DeflateOffer.ServerMaxWindowBits}={ServerWindowBits}");
        }

        // A value below 15 requires that the client offered the parameter: without an offer, the response must not contain it (RFC 7692
        // §7.1.2.2).
        if (ClientWindowBits < MaxWindowBits)
        {
            answer.Append(CultureInfo.InvariantCulture, $"; {DeflateOffer.ClientMaxWindowBits}={ClientWindowBits}");
        }

        return answer.ToString();
    }
}
