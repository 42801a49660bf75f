using System.Globalization;
using System.Security.Claims;

namespace UpgradeProtocols;

/// <content>The user, and the end of a login.</content>
public sealed partial class UpgradeConnection
{
    private Login? _login;

    /// <summary>
    /// Who is at the other end; nobody by default. In ASP.NET Core it is the request's user; in the lightweight server
    /// <see cref="UpgradeOptions.Authenticate"/> or an <see cref="OnUpgradingAttribute"/> method sets it. The claim
    /// <see cref="ClaimTypes.NameIdentifier"/> or <c>sub</c> is the id by which <see cref="IClients{T}.User"/> finds the connection.
    /// </summary>
    public ClaimsPrincipal User
    {
        get => LazyInitializer.EnsureInitialized(ref _login, static () => new Login(new ClaimsPrincipal(new ClaimsIdentity()), null)).User;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            Renew(value);
        }
    }

    /// <summary>
    /// When the user's login expires: what <see cref="Renew"/> was told, else the user's claim <c>exp</c> (RFC 7519 §4.1.4);
    /// <see langword="null"/> for never. The connection ends then as <see cref="UpgradeOptions.UserExpiredCloseCode"/> says.
    /// </summary>
    public DateTimeOffset? UserExpires => _login?.Expires;

    internal string? UserId => _login is { User: var user } ? IdOf(user) : null;

    /// <summary>
    /// Gives the connection the user of a new login: a client that has renewed its token sends it in a message, and its handler checks it
    /// and calls this.
    /// </summary>
    /// <param name="user">The user.</param>
    /// <param name="expires">When the login expires; the user's claim <c>exp</c> tells it by default.</param>
    /// <exception cref="ArgumentException">The user's id has half a surrogate pair: other nodes couldn't tell it from others.</exception>
    public void Renew(ClaimsPrincipal user, DateTimeOffset? expires = null)
    {
        ArgumentNullException.ThrowIfNull(user);
        UnusableUserException.ThrowIfUnusable(IdOf(user));
        expires ??= long.TryParse(user.FindFirst("exp")?.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
                ? DateTimeOffset.FromUnixTimeSeconds(seconds)
                : null;
        lock (Gate)
        {
            _login = new Login(user, expires) { Membership = _login?.Membership, Expiry = _login?.Expiry };
            FollowUser();
        }

        WatchExpiry();
    }

    private static string? IdOf(ClaimsPrincipal user) => user.FindFirst(ClaimTypes.NameIdentifier)?.Value ?? user.FindFirst("sub")?.Value;

    private void WatchExpiry()
    {
        if (UserExpires is null || Options.UserExpiredCloseCode is not { } code)
        {
            return;
        }

        lock (Gate)
        {
            if (_isEnlisted && !_hasEnded && _login is { Expiry: null } login)
            {
                login.Expiry = new UserExpiry(this, code);
                Clock.Add(login.Expiry);
            }
        }
    }

    // Under the gate.
    private void FollowUser()
    {
        if (_login is not { } login)
        {
            return;
        }

        var id = _isEnlisted && !_hasEnded ? UserId : null;
        if (login.Membership is { } before && before.List!.Name != id)
        {
            _hub.Users.Remove(before);
            login.Membership = null;
        }

        if (id is not null && login.Membership is null)
        {
            _hub.Users.Add(id, login.Membership = new Membership(this));
        }
    }

    /// <summary>A user and when the login ends, which belong together; the rest is handed on to the next login, under the gate.</summary>
    private sealed record Login(ClaimsPrincipal User, DateTimeOffset? Expires)
    {
        /// <summary>The connection's place among the user's.</summary>
        public Membership? Membership { get; set; }

        /// <summary>Ends the connection when the login has ended.</summary>
        public UserExpiry? Expiry { get; set; }
    }
}
