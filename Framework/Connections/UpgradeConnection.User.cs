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
    /// Setting it never makes a login last longer: <see cref="UserExpires"/> is the nearer of the end that was known and the one that
    /// the new user's claim <c>exp</c> tells. <see cref="Renew"/> sets a later one.
    /// </summary>
    public ClaimsPrincipal User
    {
        get => LazyInitializer.EnsureInitialized(ref _login, static () => new Login(new ClaimsPrincipal(new ClaimsIdentity()), null)).User;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            var claimed = ClaimedEnd(value);
            SetLogin(value, known => LoginEnd.Nearer(known, claimed));
        }
    }

    /// <summary>
    /// When the user's login expires: what <see cref="Renew"/> was told, else the nearest of the user's claims <c>exp</c> (RFC 7519
    /// §4.1.4); <see langword="null"/> for never. The connection ends then as <see cref="UpgradeOptions.UserExpiredCloseCode"/> says. A
    /// claim <c>exp</c> that isn't a date in seconds counts as one that has passed, and a warning is logged.
    /// </summary>
    public DateTimeOffset? UserExpires => _login?.Expires;

    internal string? UserId => _login is { User: var user } ? IdOf(user) : null;

    /// <summary>
    /// Gives the connection the user of a new login: a client that has renewed its token sends it in a message, and its handler checks it
    /// and calls this.
    /// </summary>
    /// <param name="user">The user.</param>
    /// <param name="expires">
    /// When the login expires. By default the user's claim <c>exp</c> tells it, and where there is none, the end that was known stays.
    /// <see cref="DateTimeOffset.MaxValue"/> for a login that doesn't expire.
    /// </param>
    /// <exception cref="ArgumentException">The user's id has half a surrogate pair: other nodes couldn't tell it from others.</exception>
    public void Renew(ClaimsPrincipal user, DateTimeOffset? expires = null)
    {
        ArgumentNullException.ThrowIfNull(user);
        var given = expires ?? ClaimedEnd(user);
        SetLogin(user, known => given ?? known);
    }

    /// <summary>Whether the user's login has ended, and the connection with it.</summary>
    internal bool HasUserExpired => Options.UserExpiredCloseCode is not null && UserExpires <= Time.GetUtcNow();

    /// <summary>
    /// Ends the connection of a login that has ended, before a message is handled: the clock comes a moment later, and after a pause of the
    /// process behind what has been sent meanwhile.
    /// </summary>
    internal bool EndIfExpired()
    {
        if (UserExpires is null || !HasUserExpired || _login?.Expiry is not { } expiry)
        {
            return false;
        }

        expiry.End();
        return true;
    }

    private DateTimeOffset? ClaimedEnd(ClaimsPrincipal user)
    {
        var end = LoginEnd.Of(user);
        if (end == LoginEnd.Unreadable)
        {
            ConnectionLog.UnreadableExpiry(Logger, Id, Entry.DisplayName);
        }

        return end;
    }

    private void SetLogin(ClaimsPrincipal user, Func<DateTimeOffset?, DateTimeOffset?> endOf)
    {
        UnusableUserException.ThrowIfUnusable(IdOf(user));
        lock (Gate)
        {
            _login = new Login(user, endOf(_login?.Expires)) { Membership = _login?.Membership, Expiry = _login?.Expiry };
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
