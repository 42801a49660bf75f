using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>
/// Whether an upgrade may be, by its user: the login hasn't ended, and where no middleware has asked, [Authorize] on the handler class.
/// </summary>
internal static class UpgradeGuard
{
    /// <summary>Refuses who may not; null for who may.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="rule">Who may; null where anybody may, or somebody else has asked.</param>
    public static async ValueTask<UpgradeResult?> CheckAsync(UpgradeConnection connection, AccessRule? rule)
    {
        if (connection.HasUserExpired)
        {
            return Unauthorized("The login has expired: send a new token.");
        }

        if (rule is null || await rule.AllowsAsync(connection))
        {
            return null;
        }

        return connection.User.Identity is { IsAuthenticated: true }
            ? UpgradeResult.Refuse(403, "You may not use this protocol.")
            : Unauthorized("Say who you are: send a token with the request.");
    }

    private static UpgradeResult Unauthorized(string explanation) =>
        UpgradeResult.Refuse(401, explanation).WithField("WWW-Authenticate", "Bearer");
}
