using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace UpgradeProtocols;

/// <summary>Takes connections from Kestrel's transport.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "Kestrel makes it.")]
internal sealed class UpgradeConnectionHandler(UpgradeEngine engine) : ConnectionHandler
{
    public override Task OnConnectedAsync(ConnectionContext connection) => engine.ServeAsync(TransportOf(connection));

    public static HttpTransport TransportOf(ConnectionContext connection)
    {
        // Kestrel's ConnectionClosed fires at the peer's FIN already, which ends one direction only (N8): it isn't used.
        var stopping = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? default;
        return new HttpTransport(
            connection.Transport,
            new TransportAbort(connection),
            connection.Features.Get<ITlsHandshakeFeature>() is not null,
            connection.RemoteEndPoint,
            connection.LocalEndPoint,
            IsAdmitted: connection.Features.Get<NotAdmitted>() is null,
            Stopping: stopping,
            BelievesFields: connection.Features.Get<NobodyNamed>() is null);
    }
}
