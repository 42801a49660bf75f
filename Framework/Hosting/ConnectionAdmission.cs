using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>
/// The first step on each of Kestrel's connections, before TLS. It counts the connection, reads the PROXY header if one is required, and
/// makes sure that the connection ends. Without TLS it also serves the connection: an idle connection holds the state of every async method
/// that waits.
/// </summary>
/// <param name="engine">Serves the connection.</param>
/// <param name="next">TLS and the steps after it; null without TLS.</param>
/// <param name="gate">The gate that counted the connection when it was accepted; null without a gate.</param>
internal sealed class ConnectionAdmission(UpgradeEngine engine, ConnectionDelegate? next, AcceptGate? gate = null)
{
    public async Task ServeAsync(ConnectionContext connection)
    {
        var isAdmitted = engine.Connections.TryEnter();
        try
        {
            if (!isAdmitted && !TryTell(connection))
            {
                connection.Abort();
            }
            else if (await BeginAsync(connection, isAdmitted) is { } rest)
            {
                await rest;
            }
        }
        finally
        {
            engine.Hub.Lingering.Leave(connection, isAdmitted);
            if (gate is not null && TransportEnds.IsKestrelSocket(connection))
            {
                gate.Leave();
            }

            if (!TransportEnd.HasCome(connection))
            {
                engine.Hub.Clock.Add(new TransportEnd(engine, connection));
            }
        }
    }

    // T2: a connection above the limit gets a 503 response. A TLS handshake or PROXY header before it may take a while, so only a limited
    // number of connections gets it.
    private bool TryTell(ConnectionContext connection)
    {
        connection.Features.Set(NotAdmitted.Instance);
        if ((next is null && !engine.Options.ProxyProtocol) || engine.Hub.Lingering.TryAdd(connection, TransportTraits.None))
        {
            return true;
        }

        engine.LogTooManyConnections();
        return false;
    }

    /// <summary>Runs the steps before an upgrade; returns the task to await afterwards, or null.</summary>
    private async Task<Task?> BeginAsync(ConnectionContext connection, bool isAdmitted)
    {
        if (engine.Options.ProxyProtocol && !await TakeProxyHeaderAsync(connection))
        {
            return null;
        }

        return next is not null ? next(connection) : (await engine.StartAsync(UpgradeConnectionHandler.TransportOf(connection), isAdmitted))?.RunAsync();
    }

    private async Task<bool> TakeProxyHeaderAsync(ConnectionContext connection)
    {
        if (!engine.Proxies.Contains(connection.RemoteEndPoint))
        {
            return true;
        }

        var reader = new ProxyHeaderReader(engine.Hub.Clock, connection.Transport.Input, engine.Options.HandshakeTimeout);
        if (await reader.ReadAsync() is not { } header)
        {
            HostingLog.NoProxyHeader(engine.Logger, connection.RemoteEndPoint);
            connection.Abort();
            return false;
        }

        if (header.Source is null)
        {
            connection.Features.Set(NobodyNamed.Instance);
        }

        connection.RemoteEndPoint = header.Source ?? connection.RemoteEndPoint;
        connection.LocalEndPoint = header.Destination ?? connection.LocalEndPoint;
        return true;
    }
}

/// <summary>Marks a connection above the limit. Most connections aren't, and a feature on each would cost memory.</summary>
internal sealed class NotAdmitted
{
    public static readonly NotAdmitted Instance = new();
}

/// <summary>
/// Marks a connection whose PROXY header names no client: the proxy doesn't know the client, or connects for itself. Such a proxy forwards
/// bytes and reads no HTTP, so the requests' claims about their origin are the client's own text.
/// </summary>
internal sealed class NobodyNamed
{
    public static readonly NobodyNamed Instance = new();
}

/// <summary>
/// Watches a connection that has been served. The transport still holds the last output, and a peer that doesn't read could hold it there
/// forever. Meanwhile it counts as a connection. Most connections end at once. A strong reference until the next tick would keep the whole
/// connection alive through several collections, so the reference is weak; a collected connection has ended.
/// </summary>
internal sealed class TransportEnd(UpgradeEngine engine, ConnectionContext connection) : ClockClient
{
    private WeakGCHandle<ConnectionContext> _connection = new(connection);
    private long _start = -1;
    private bool _hasEnded;

    /// <summary>Whether the connection has ended, as far as its transport reports it.</summary>
    public static bool HasCome(ConnectionContext connection)
    {
        if (connection.Features.Get<IConnectionEndFeature>() is { } end)
        {
            return end.IsDrained;
        }

        // A transport without these features cancels its token at the connection's end. Some cancel it at the peer's FIN; those connections
        // aren't watched after the FIN.
        return connection.Features.Get<IConnectionSocketFeature>() is { } socket
            ? socket.Socket is not { Connected: true }
            : connection.ConnectionClosed.IsCancellationRequested;
    }

    public override void Tick(long now)
    {
        // A tick may already be running when the watch ends.
        if (_hasEnded)
        {
            return;
        }

        if (!_connection.TryGetTarget(out var served) || HasCome(served))
        {
            End();
        }
        else if (_start < 0)
        {
            _start = now;
            engine.Connections.Enter();
        }
        else if (now - _start >= WriteWatch.Limit(engine.Options.WriteTimeout, 0))
        {
            HostingLog.WriteBlocked(engine.Logger);
            served.Abort();
            End();
        }
    }

    private void End()
    {
        _hasEnded = true;
        _connection.Dispose();
        engine.Hub.Clock.Remove(this);
        if (_start >= 0)
        {
            engine.Connections.Leave();
        }
    }
}
