namespace UpgradeProtocols;

/// <summary>A login has an id by which the user can't be found among others on all nodes: whoever asks to be upgraded with it is refused.</summary>
internal sealed class UnusableUserException(string message) : ArgumentException(message, "user")
{
    public static void ThrowIfUnusable(string? id)
    {
        if (id is not null && !MemberName.IsWellFormed(id))
        {
            throw new UnusableUserException(
                "The user's id (the claim nameidentifier or sub) has half a surrogate pair, which UTF-8 can't encode: on other nodes it would be " +
                "one with other users' ids. Whoever issues the login is to give it a whole text.");
        }
    }
}
