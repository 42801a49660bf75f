namespace UpgradeProtocols;

/// <summary>A client's offer of permessage-deflate, and the choice among several (RFC 7692 §5 and 7.1).</summary>
internal readonly record struct DeflateOffer
{
    public const string ExtensionName = "permessage-deflate";
    public const string ServerNoContextTakeover = "server_no_context_takeover";
    public const string ClientNoContextTakeover = "client_no_context_takeover";
    public const string ServerMaxWindowBits = "server_max_window_bits";
    public const string ClientMaxWindowBits = "client_max_window_bits";

    private bool NoServerTakeover { get; init; }

    private bool NoClientTakeover { get; init; }

    /// <summary>8 to 15, or null where not offered.</summary>
    private int? ServerBits { get; init; }

    /// <summary>8 to 15, which is also what an offer without a value means; null where not offered.</summary>
    private int? ClientBits { get; init; }

    /// <summary>
    /// Takes the first offer that is acceptable; null where there is none, or compression is off (no options).
    /// </summary>
    /// <param name="extensionListMembers">Sec-WebSocket-Extensions, split at its commas, in order.</param>
    /// <param name="options">What the protocol allows.</param>
    /// <param name="malformed">Whether a member isn't even the syntax of an extension: the handshake is to be refused (S6).</param>
    public static DeflateAgreement? Negotiate(IReadOnlyList<string> extensionListMembers, DeflateOptions? options, out bool malformed)
    {
        malformed = false;
        DeflateAgreement? agreement = null;
        foreach (var member in extensionListMembers)
        {
            if (ExtensionOffer.Parse(member) is not { } extension)
            {
                malformed = true;
                return null;
            }

            if (agreement is null && options is not null && extension.Name == ExtensionName && TryRead(extension, out var offer))
            {
                agreement = offer.Accept(options);
            }
        }

        return agreement;
    }

    private DeflateAgreement Accept(DeflateOptions options)
    {
        var takeover = options.ContextTakeover && options.ContextLimit is not { HasRoom: false };
        return new DeflateAgreement
        {
            // With a smaller window each message has a deflater of its own, so the client needn't keep its window.
            ServerContextTakeover = takeover && !NoServerTakeover && ServerBits is null or DeflateAgreement.MaxWindowBits,
            ClientContextTakeover = takeover && !NoClientTakeover,
            ServerWindowAsked = ServerBits is not null,
            ServerWindowBits = ServerBits ?? DeflateAgreement.MaxWindowBits,
            ClientWindowBits = ClientBits is { } bits ? Math.Min(bits, options.ClientMaxWindowBits) : DeflateAgreement.MaxWindowBits,
        };
    }

    /// <summary>False where a parameter is unknown, repeated or malformed: such an offer must be declined.</summary>
    private static bool TryRead(ExtensionOffer extension, out DeflateOffer offer)
    {
        offer = default;
        foreach (var (name, value) in extension.Parameters)
        {
            var bits = 0;
            switch (name)
            {
                case ServerNoContextTakeover when value is null && !offer.NoServerTakeover:
                    offer = offer with { NoServerTakeover = true };
                    break;
                case ClientNoContextTakeover when value is null && !offer.NoClientTakeover:
                    offer = offer with { NoClientTakeover = true };
                    break;
                case ServerMaxWindowBits when offer.ServerBits is null && TryReadBits(value, out bits):
                    offer = offer with { ServerBits = bits };
                    break;
                case ClientMaxWindowBits when offer.ClientBits is null && (value is null || TryReadBits(value, out bits)):
                    offer = offer with { ClientBits = value is null ? DeflateAgreement.MaxWindowBits : bits };
                    break;
                default:
                    return false;
            }
        }

        return true;
    }

    /// <summary>8 to 15, in decimal, without a leading zero.</summary>
    private static bool TryReadBits(string? value, out int bits)
    {
        bits = value switch
        {
            "8" => 8,
            "9" => 9,
            ['1', >= '0' and <= '5' and var units] => 10 + units - '0',
            _ => 0,
        };
        return bits != 0;
    }
}
