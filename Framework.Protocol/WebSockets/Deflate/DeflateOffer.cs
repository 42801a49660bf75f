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

    /// <summary>8 to 15, or null if not offered.</summary>
    private int? ServerBits { get; init; }

    /// <summary>8 to 15; an offer without a value means 15; null if not offered.</summary>
    private int? ClientBits { get; init; }

    /// <summary>
    /// Accepts the first acceptable offer; returns null if there is none, or if compression is off (no options).
    /// </summary>
    /// <param name="extensionListMembers">Sec-WebSocket-Extensions, split at its commas, in order.</param>
    /// <param name="options">The protocol's options.</param>
    /// <param name="malformed">Whether a member doesn't have the syntax of an extension: the handshake must be refused (S6).</param>
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
            // With a smaller window each message has its own deflater, so the client doesn't have to keep its window.
            ServerContextTakeover = takeover && !NoServerTakeover && ServerBits is null or DeflateAgreement.MaxWindowBits,
            ClientContextTakeover = takeover && !NoClientTakeover,
            ServerWindowAsked = ServerBits is not null,
            ServerWindowBits = ServerBits ?? DeflateAgreement.MaxWindowBits,
            ClientWindowBits = ClientBits is { } bits ? Math.Min(bits, options.ClientMaxWindowBits) : DeflateAgreement.MaxWindowBits,
        };
    }

    /// <summary>Reads an offer; returns false if a parameter is unknown, repeated or malformed: such an offer must be declined.</summary>
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
    public static bool TryReadBits(string? value, out int bits)
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
