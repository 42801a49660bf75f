using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace UpgradeProtocols.Testing;

/// <summary>An in-memory connection with a server end and a client end.</summary>
internal sealed class MemoryConnection
{
    private readonly Pipe _toServer = new(new PipeOptions(useSynchronizationContext: false));
    private readonly Pipe _toClient = new(new PipeOptions(useSynchronizationContext: false));

    public MemoryConnection()
    {
        Server = new Duplex(_toServer.Reader, _toClient.Writer);
        Client = new Duplex(_toClient.Reader, _toServer.Writer);
    }

    public IDuplexPipe Server { get; }

    public IDuplexPipe Client { get; }

    /// <summary>Aborts the connection from the server's end.</summary>
    public void Abort()
    {
        _toServer.Writer.Complete(new ConnectionAbortedException());
    }

    /// <summary>Resets the connection from the client's end, without a close handshake.</summary>
    public void Reset()
    {
        _toServer.Writer.Complete(new ConnectionResetException("The test's client has disconnected."));
        _toClient.Reader.Complete();
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
