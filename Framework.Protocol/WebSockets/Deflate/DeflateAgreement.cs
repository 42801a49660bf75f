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

    /// <summary>
    /// Whether the client can inflate a message that is compressed on its own with a 32 KiB window. No distance in it is longer than the
    /// message, so it fits a smaller window if the message does. .NET's deflater allows no other way (D2).
    /// </summary>
    public bool FitsServerWindow(int messageLength) => ServerWindowBits == MaxWindowBits || messageLength <= 1 << ServerWindowBits;

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
