using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>
/// What comes first on each of Kestrel's connections, before TLS: it is counted, the PROXY header is read where one is due, and at
/// its end somebody sees to it that the end is reached. Without TLS it serves the connection itself: an idle connection holds the
/// state of each method that waits.
/// </summary>
/// <param name="engine">Serves the connection.</param>
/// <param name="next">TLS, and what comes after it; null where there is none.</param>
/// <param name="gate">Has counted the connection when it was accepted; null where there is none.</param>
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

    // T2. One too many is told so. What comes before the answer, a handshake or a header, may take its time: few get it.
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

    /// <summary>What comes before an upgrade; gives what is to be waited for then, if there is anything.</summary>
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

/// <summary>The mark of a connection that is one too many. Most aren't, and a feature of each would cost memory.</summary>
internal sealed class NotAdmitted
{
    public static readonly NotAdmitted Instance = new();
}

/// <summary>
/// The mark of a connection whose PROXY header names no client: a proxy that doesn't know who it is, or speaks for itself. It passes bytes
/// on and reads no HTTP, so what the requests say about where they come from is the client's own text.
/// </summary>
internal sealed class NobodyNamed
{
    public static readonly NobodyNamed Instance = new();
}

/// <summary>
/// Watches a connection that has been served: what was written last is still with the transport, and a peer that doesn't read could
/// hold it there for ever. It counts as a connection meanwhile. Most are done at once: held until the next tick, all of a connection
/// would outlive several collections, so it is held weakly, and is done when it has been collected.
/// </summary>
internal sealed class TransportEnd(UpgradeEngine engine, ConnectionContext connection) : ClockClient
{
    private WeakGCHandle<ConnectionContext> _connection = new(connection);
    private long _start = -1;
    private bool _hasEnded;

    /// <summary>Whether no peer holds the connection any more, as well as its transport tells.</summary>
    public static bool HasCome(ConnectionContext connection)
    {
        if (connection.Features.Get<IConnectionEndFeature>() is { } end)
        {
            return end.IsDrained;
        }

        // A transport that tells neither closes its token at its end; some do so at the peer's FIN, and aren't watched from then on.
        return connection.Features.Get<IConnectionSocketFeature>() is { } socket
            ? socket.Socket is not { Connected: true }
            : connection.ConnectionClosed.IsCancellationRequested;
    }

    public override void Tick(long now)
    {
        // A tick that was under way when it ended.
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
