using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>[Authorize] on a handler class where no middleware has asked: the lightweight server's step of the handshake.</summary>
internal static class UpgradeGuard
{
    /// <summary>Refuses who may not; null for who may.</summary>
    public static async ValueTask<UpgradeResult?> CheckAsync(UpgradeConnection connection, AccessRule rule)
    {
        var isExpired = connection.Options.UserExpiredCloseCode is not null && connection.UserExpires <= connection.Time.GetUtcNow();
        if (!isExpired && await rule.AllowsAsync(connection))
        {
            return null;
        }

        return isExpired || connection.User.Identity is not { IsAuthenticated: true }
            ? UpgradeResult.Refuse(401, isExpired ? "The login has expired: send a new token." : "Say who you are: send a token with the request.")
                .WithField("WWW-Authenticate", "Bearer")
            : UpgradeResult.Refuse(403, "You may not use this protocol.");
    }
}
