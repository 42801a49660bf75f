using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;

namespace UpgradeProtocols;

/// <summary>Reads when a login ends. An end that can't be read has passed: read as none, a mistake would let a login last for ever.</summary>
internal static class LoginEnd
{
    public const string ClaimType = "exp";

    /// <summary>The end of a login whose end can't be read.</summary>
    public static readonly DateTimeOffset Unreadable = DateTimeOffset.MinValue;

    private const string PropertyKey = ".expires";
    private const NumberStyles NumericDate = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    /// <summary>The nearest of the ends that the user's claims <c>exp</c> tell; null where there is none.</summary>
    public static DateTimeOffset? Of(ClaimsPrincipal user)
    {
        DateTimeOffset? nearest = null;
        foreach (var claim in user.FindAll(ClaimType))
        {
            nearest = Nearer(nearest, Read(claim.Value));
        }

        return nearest;
    }

    /// <summary>What a scheme of ASP.NET Core says; null where it says nothing.</summary>
    public static DateTimeOffset? Of(AuthenticationProperties? properties) =>
        properties?.ExpiresUtc ?? (properties?.Items.ContainsKey(PropertyKey) == true ? Unreadable : null);

    public static DateTimeOffset? Nearer(DateTimeOffset? one, DateTimeOffset? other) => one is null || other < one ? other : one;

    // RFC 7519 §2: seconds since 1970 as any JSON number, so with a fraction or an exponent too.
    private static DateTimeOffset Read(string text)
    {
        if (!decimal.TryParse(text, NumericDate, CultureInfo.InvariantCulture, out var seconds)
            || seconds < DateTimeOffset.MinValue.ToUnixTimeSeconds()
            || seconds > DateTimeOffset.MaxValue.ToUnixTimeSeconds())
        {
            return Unreadable;
        }

        return DateTimeOffset.UnixEpoch.AddTicks((long)decimal.Floor(seconds * TimeSpan.TicksPerSecond));
    }
}
