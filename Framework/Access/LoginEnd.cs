using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;

namespace UpgradeProtocols;

/// <summary>
/// Reads the time that a login expires. An unreadable time counts as past: otherwise a mistake would let a login last forever.
/// </summary>
internal static class LoginEnd
{
    public const string ClaimType = "exp";

    /// <summary>The expiry of a login whose expiry can't be read.</summary>
    public static readonly DateTimeOffset Unreadable = DateTimeOffset.MinValue;

    private const string PropertyKey = ".expires";
    private const NumberStyles NumericDate = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    /// <summary>The earliest expiry in the user's <c>exp</c> claims; null where there is none.</summary>
    public static DateTimeOffset? Of(ClaimsPrincipal user)
    {
        DateTimeOffset? nearest = null;
        foreach (var claim in user.FindAll(ClaimType))
        {
            nearest = Nearer(nearest, Read(claim.Value));
        }

        return nearest;
    }

    /// <summary>The expiry that an ASP.NET Core authentication scheme reports; null where it reports none.</summary>
    public static DateTimeOffset? Of(AuthenticationProperties? properties) =>
        properties?.ExpiresUtc ?? (properties?.Items.ContainsKey(PropertyKey) == true ? Unreadable : null);

    public static DateTimeOffset? Nearer(DateTimeOffset? one, DateTimeOffset? other) => one is null || other < one ? other : one;

    // RFC 7519 §2: seconds since 1970 as any JSON number. It may have a fraction or an exponent.
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
