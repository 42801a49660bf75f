using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>
/// Checks an upgrade's user: the login hasn't expired and, if no middleware has authorized the request, [Authorize] on the handler class
/// allows the user.
/// </summary>
internal static class UpgradeGuard
{
    /// <summary>Returns the refusal of a user without access; null for a user with access.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="rule">The access rule; null if there is none or the request is already authorized.</param>
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
            ? UpgradeResult.Refuse(403, "The user is not authorized to use this protocol.")
            : Unauthorized("Authentication is required: send credentials that this server accepts, such as Authorization: Bearer with a token.");
    }

    private static UpgradeResult Unauthorized(string explanation) =>
        UpgradeResult.Refuse(401, explanation).WithHeader("WWW-Authenticate", "Bearer");
}
