using System.IO.Pipelines;
using System.Security.Claims;

namespace UpgradeProtocols;

/// <summary>The HTTP around an upgrade: the lightweight server's own, or ASP.NET Core's.</summary>
internal interface IUpgradeHttp
{
    /// <summary>The connection's services, where there is a scope for it already.</summary>
    IServiceProvider? Services { get; }

    /// <summary>Whether somebody has asked already whether who asks may: then <see cref="FindUserAsync"/> finds them.</summary>
    bool IsGuarded { get; }

    /// <summary>Is cancelled when the transport wants its connections to end.</summary>
    CancellationToken Stopping { get; }

    /// <summary>Ends the connection at once. It outlives this object.</summary>
    TransportAbort Abort { get; }

    /// <summary>What the connection's end depends on.</summary>
    TransportTraits Traits { get; }

    /// <summary>Who asks, where somebody has found it out; else null.</summary>
    ValueTask<UserOfRequest?> FindUserAsync();

    /// <summary>Watches whether the client leaves. Nothing of the connection is read or written meanwhile.</summary>
    /// <param name="leavesByFin">Whether a client that sends nothing more has left.</param>
    IClientWatch WatchClient(bool leavesByFin);

    /// <summary>Prepares the 101, or the 200 that stands for it over HTTP/2.</summary>
    /// <exception cref="ArgumentException">A field isn't valid; nothing is prepared.</exception>
    void WriteAccept(string token, ReadOnlySpan<KeyValuePair<string, string>> fields);

    /// <summary>Sends what was prepared; what follows is the new protocol's.</summary>
    /// <returns>The connection's bytes; null when the server takes no more such connections, which is refused.</returns>
    Task<IDuplexPipe?> SwitchAsync();

    /// <summary>Refuses the upgrade, before <see cref="SwitchAsync"/> has given a pipe. No request may follow (N8).</summary>
    Task RefuseAsync(RegularResponse response);

    /// <summary>
    /// Keeps the request for code that still runs though it was answered. The client and its place aren't kept, as far as the server can
    /// tell them apart.
    /// </summary>
    Task KeepUntilAsync(Task late);

    /// <summary>Sends what was written after the switch and ends the connection, so that the peer can read it.</summary>
    Task EndAsync(IDuplexPipe pipe);
}

/// <summary>Who asks for an upgrade, and when their login expires.</summary>
internal sealed record UserOfRequest(ClaimsPrincipal Principal, DateTimeOffset? Expires);
