using System.Text;

namespace UpgradeProtocols;

/// <summary>The client's part of the negotiation of permessage-deflate: its offer, and the check of the response (RFC 7692 §7.1).</summary>
internal static class DeflateRequest
{
    /// <summary>The value of Sec-WebSocket-Extensions in the request. The client accepts every window of the server.</summary>
    public static string ToHeaderValue(DeflateOptions options)
    {
        var offer = new StringBuilder(DeflateOffer.ExtensionName).Append("; ").Append(DeflateOffer.ClientMaxWindowBits);
        if (!options.ContextTakeover)
        {
            offer.Append("; ").Append(DeflateOffer.ServerNoContextTakeover).Append("; ").Append(DeflateOffer.ClientNoContextTakeover);
        }

        return offer.ToString();
    }

    /// <summary>
    /// Reads the extensions of the response; returns false if they don't match the offer, and the client must fail the connection
    /// (RFC 6455 §4.1, RFC 7692 §7.1). The agreement is null if the server declined the offer.
    /// </summary>
    /// <param name="extensionListMembers">Sec-WebSocket-Extensions of the response, split at its commas, in order.</param>
    /// <param name="isOffered">Whether the client offered permessage-deflate.</param>
    /// <param name="agreement">The agreement.</param>
    public static bool TryAccept(IReadOnlyList<string> extensionListMembers, bool isOffered, out DeflateAgreement? agreement)
    {
        agreement = null;
        if (extensionListMembers.Count == 0)
        {
            return true;
        }

        // No other extension is ever offered, and each at most once.
        if (!isOffered || extensionListMembers is not [var member]
            || ExtensionOffer.Parse(member) is not { Name: DeflateOffer.ExtensionName } extension)
        {
            return false;
        }

        agreement = Read(extension);
        return agreement is not null;
    }

    private static DeflateAgreement? Read(ExtensionOffer extension)
    {
        var agreement = new DeflateAgreement { ServerContextTakeover = true, ClientContextTakeover = true };
        HashSet<string> seen = [];
        foreach (var (name, value) in extension.Parameters)
        {
            var bits = 0;
            var isValid = seen.Add(name) && name switch
            {
                DeflateOffer.ServerNoContextTakeover or DeflateOffer.ClientNoContextTakeover => value is null,
                DeflateOffer.ServerMaxWindowBits or DeflateOffer.ClientMaxWindowBits => DeflateOffer.TryReadBits(value, out bits),
                _ => false,
            };
            if (!isValid)
            {
                return null;
            }

            agreement = name switch
            {
                DeflateOffer.ServerNoContextTakeover => agreement with { ServerContextTakeover = false },
                DeflateOffer.ClientNoContextTakeover => agreement with { ClientContextTakeover = false },
                DeflateOffer.ServerMaxWindowBits => agreement with { ServerWindowBits = bits, ServerWindowAsked = true },
                _ => agreement with { ClientWindowBits = bits },
            };
        }

        return agreement;
    }
}
