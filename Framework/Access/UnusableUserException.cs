namespace UpgradeProtocols;

/// <summary>A user's id can't be encoded, so that other nodes couldn't find the user by it. The server refuses the upgrade.</summary>
internal sealed class UnusableUserException(string message) : ArgumentException(message, "user")
{
    public static void ThrowIfUnusable(string? id)
    {
        if (id is not null && !MemberName.IsWellFormed(id))
        {
            throw new UnusableUserException(
                "The user's id (the claim nameidentifier or sub) has half a surrogate pair, which UTF-8 can't encode: on other nodes it would be " +
                "one with other users' ids. The issuer of the login must use valid text.");
        }
    }
}
