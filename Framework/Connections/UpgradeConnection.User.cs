using System.Security.Claims;

namespace UpgradeProtocols;

/// <content>The user, and the expiry of the login.</content>
public sealed partial class UpgradeConnection
{
    private Login? _login;

    /// <summary>
    /// The user at the other end; an anonymous one by default. In ASP.NET Core it is the request's user. In the lightweight server
    /// <see cref="UpgradeOptions.Authenticate"/> or <see cref="SetUser"/> sets it. The claim <see cref="ClaimTypes.NameIdentifier"/> or
    /// <c>sub</c> is the id by which <see cref="IClients{T}.User"/> finds the connection.
    /// </summary>
    public ClaimsPrincipal User =>
        LazyInitializer.EnsureInitialized(ref _login, static () => new Login(new ClaimsPrincipal(new ClaimsIdentity()), null)).User;

    /// <summary>
    /// The time at which the user's login expires; <see langword="null"/> for never. The connection then closes with
    /// <see cref="UpgradeOptions.UserExpiredCloseCode"/>. A claim <c>exp</c> that isn't a date in seconds (RFC 7519 §4.1.4) counts as
    /// a time in the past, and the server logs a warning.
    /// </summary>
    public DateTimeOffset? UserExpires => _login?.Expires;

    internal string? UserId => _login is { User: var user } ? IdOf(user) : null;

    /// <summary>
    /// Sets the user of the connection: in <c>[OnUpgrading]</c> or a filter after it has checked a cookie, a token or a certificate; later
    /// when the client sends a renewed token in a message.
    /// </summary>
    /// <param name="user">The user.</param>
    /// <param name="expires">
    /// The time at which the login expires; it may be later than the previous one. <see cref="DateTimeOffset.MaxValue"/> for a login that
    /// doesn't expire. By default the earlier of two times counts: the previous expiry, and the user's claim <c>exp</c>. So another claim
    /// for the same user never extends a login.
    /// </param>
    /// <exception cref="ArgumentException">
    /// The user's id has an unpaired surrogate: other nodes couldn't distinguish it from others.
    /// </exception>
    public void SetUser(ClaimsPrincipal user, DateTimeOffset? expires = null)
    {
        ArgumentNullException.ThrowIfNull(user);
        var claimed = expires is null ? ClaimedEnd(user) : null;
        SetLogin(user, known => expires ?? LoginEnd.Nearer(known, claimed));
    }

    /// <summary>Whether the user's login has expired, which ends the connection.</summary>
    internal bool HasUserExpired => Options.UserExpiredCloseCode is not null && UserExpires <= Time.GetUtcNow();

    /// <summary>
    /// Ends a connection whose login has expired before its next message is handled. The clock's tick comes a little later, and after a
    /// pause of the process it comes behind the messages that arrived meanwhile.
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

    /// <summary>A user and the login's expiry, which belong together. The other state passes to the next login, under the gate.</summary>
    private sealed record Login(ClaimsPrincipal User, DateTimeOffset? Expires)
    {
        /// <summary>The connection's membership among the user's connections.</summary>
        public Membership? Membership { get; set; }

        /// <summary>Ends the connection when the login expires.</summary>
        public UserExpiry? Expiry { get; set; }
    }
}
