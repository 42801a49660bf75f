using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace UpgradeProtocols;

/// <summary>Accepts connections from Kestrel's transport.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "Kestrel makes it.")]
internal sealed class UpgradeConnectionHandler(UpgradeEngine engine) : ConnectionHandler
{
    public override Task OnConnectedAsync(ConnectionContext connection) => engine.ServeAsync(TransportOf(connection));

    public static HttpTransport TransportOf(ConnectionContext connection)
    {
        // Kestrel's ConnectionClosed fires at the peer's FIN, which ends one direction only (N8): it isn't used.
        var stopping = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? default;
        var isAdmitted = connection.Features.Get<NotAdmitted>() is null;
        var pipe = TransportEnds.Of(connection.Transport, connection.Features, out var traits);
        return new HttpTransport(
            pipe,
            new TransportAbort(connection),
            connection.Features.Get<ITlsHandshakeFeature>() is not null,
            connection.RemoteEndPoint,
            connection.LocalEndPoint,
            IsAdmitted: isAdmitted,
            Stopping: stopping,
            Traits: isAdmitted ? traits | TransportTraits.Counted : traits,
            BelievesFields: connection.Features.Get<NobodyNamed>() is null);
    }
}
