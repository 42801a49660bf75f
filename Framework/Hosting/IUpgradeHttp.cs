using System.IO.Pipelines;
using System.Security.Claims;

namespace UpgradeProtocols;

/// <summary>The HTTP layer around an upgrade: the lightweight server's own, or ASP.NET Core's.</summary>
internal interface IUpgradeHttp
{
    /// <summary>The connection's services, if a scope already exists.</summary>
    IServiceProvider? Services { get; }

    /// <summary>Whether the request is already authorized: then <see cref="FindUserAsync"/> returns its user.</summary>
    bool IsGuarded { get; }

    /// <summary>Is cancelled when the transport asks its connections to end.</summary>
    CancellationToken Stopping { get; }

    /// <summary>Aborts the connection. The value stays usable after this object has ended.</summary>
    TransportAbort Abort { get; }

    /// <summary>The traits of the transport that determine how the connection ends.</summary>
    TransportTraits Traits { get; }

    /// <summary>Gets the user if the request is already authenticated; otherwise null.</summary>
    ValueTask<UserOfRequest?> FindUserAsync();

    /// <summary>Watches whether the client disconnects. Nothing else reads or writes the connection meanwhile.</summary>
    /// <param name="leavesByFin">Whether a client that has sent its FIN counts as disconnected.</param>
    IClientWatch WatchClient(bool leavesByFin);

    /// <summary>Prepares the 101, or the 200 that replaces it over HTTP/2.</summary>
    /// <exception cref="ArgumentException">A header isn't valid; nothing is prepared.</exception>
    void WriteAccept(string token, ReadOnlySpan<KeyValuePair<string, string>> fields);

    /// <summary>Sends the prepared response; the bytes after it belong to the new protocol.</summary>
    /// <returns>
    /// The connection's bytes; null if the server accepts no more upgraded connections: the upgrade must then be refused.
    /// </returns>
    Task<IDuplexPipe?> SwitchAsync();

    /// <summary>Refuses the upgrade, before <see cref="SwitchAsync"/> has returned a pipe. No request may follow (N8).</summary>
    Task RefuseAsync(RegularResponse response);

    /// <summary>
    /// Keeps the request for code that still runs after the response. The client and its place in the limit aren't kept, as far as the
    /// server can separate them.
    /// </summary>
    Task KeepUntilAsync(Task late);

    /// <summary>Sends the output written after the switch and ends the connection in a way that lets the peer read it.</summary>
    Task EndAsync(IDuplexPipe pipe);
}

/// <summary>The user of an upgrade request and the time when the login expires.</summary>
internal sealed record UserOfRequest(ClaimsPrincipal Principal, DateTimeOffset? Expires);
