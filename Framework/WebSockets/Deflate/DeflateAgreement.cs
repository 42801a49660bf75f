using System.Globalization;
using System.Text;

namespace UpgradeProtocols;

/// <summary>What server and client agreed on for permessage-deflate (RFC 7692 §7.1).</summary>
internal sealed record DeflateAgreement
{
    public const int MinWindowBits = 8;
    public const int MaxWindowBits = 15;

    /// <summary>Whether the server may refer to its earlier messages.</summary>
    public bool ServerContextTakeover { get; init; }

    /// <summary>Whether the client may.</summary>
    public bool ClientContextTakeover { get; init; }

    public int ServerWindowBits { get; init; } = MaxWindowBits;

    public int ClientWindowBits { get; init; } = MaxWindowBits;

    /// <summary>Whether the client asked for a limit: the answer then repeats it, 15 too (RFC 7692 §7.1.2.1).</summary>
    public bool ServerWindowAsked { get; init; }

    /// <summary>
    /// Whether a message compressed on its own, with a 32 KiB window, is one that the client can inflate. No distance in it
    /// is longer than the message, so it fits a smaller window if the message does. All that .NET's deflater leaves us (D2).
    /// </summary>
    public bool FitsServerWindow(int messageLength) => ServerWindowBits == MaxWindowBits || messageLength <= 1 << ServerWindowBits;

    /// <summary>
    /// Whether a message that was compressed once for several connections may go to this one. Not beside a context: the
    /// client's window would hold a message that the server's doesn't, and every later distance would be wrong.
    /// </summary>
    public bool TakesCompressedOnce(int messageLength) => !ServerContextTakeover && FitsServerWindow(messageLength);

    /// <summary>The answer's Sec-WebSocket-Extensions.</summary>
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

        // Less than 15 only where the client offered the parameter: it may not be answered otherwise (RFC 7692 §7.1.2.2).
        if (ClientWindowBits < MaxWindowBits)
        {
            answer.Append(CultureInfo.InvariantCulture, $"; {DeflateOffer.ClientMaxWindowBits}={ClientWindowBits}");
        }

        return answer.ToString();
    }
}
