using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace UpgradeProtocols.Testing;

/// <summary>A connection in memory, as the server and its client have it.</summary>
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

    /// <summary>The server's call to abort the connection.</summary>
    public void Abort()
    {
        _toServer.Writer.Complete(new ConnectionAbortedException());
    }

    /// <summary>The client is gone, without a word.</summary>
    public void Reset()
    {
        _toServer.Writer.Complete(new ConnectionResetException("The test's client has disconnected."));
        _toClient.Reader.Complete();
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
