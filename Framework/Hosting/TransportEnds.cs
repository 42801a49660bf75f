using System.IO.Pipelines;
using System.Net.Security;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>Determines how a connection of Kestrel, or of another transport below it, ends.</summary>
internal static class TransportEnds
{
    /// <param name="transport">The connection's bytes.</param>
    /// <param name="features">The connection's features.</param>
    /// <param name="traits">Receives the traits to add to the connection's traits.</param>
    /// <returns>The bytes, with an output that can be completed separately if the transport supports it.</returns>
    public static IDuplexPipe Of(IDuplexPipe transport, IFeatureCollection features, out TransportTraits traits)
    {
        if (features.Get<ISslStreamFeature>() is { SslStream: { } tls })
        {
            traits = TransportTraits.HalfCloses;
            return new TlsPipe(transport, tls);
        }

        // Kestrel's sockets shut both directions down when the output is completed, and no event reports when a socket has taken the last
        // byte, so a shutdown of one direction isn't possible. The same is assumed for an unknown transport.
        traits = features.Get<IConnectionEndFeature>() is null ? TransportTraits.None : TransportTraits.HalfCloses;
        return transport;
    }

    /// <summary>Whether a connection, or a feature of it, is one of Kestrel's socket transport.</summary>
    public static bool IsKestrelSocket(object? connection) => connection?.GetType().Assembly == typeof(SocketTransportFactory).Assembly;

    private sealed class TlsPipe(IDuplexPipe transport, SslStream tls) : IDuplexPipe
    {
        public PipeReader Input => transport.Input;

        public PipeWriter Output { get; } = new TlsOutput(transport.Output, tls);
    }
}

/// <summary>
/// TLS's output: its end is a close_notify (RFC 8446 §6.1). Kestrel would send it only when it releases the connection.
/// </summary>
internal sealed class TlsOutput(PipeWriter inner, SslStream tls) : PipeWriter
{
    private int _isCompleted;

    public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

    public override long UnflushedBytes => inner.UnflushedBytes;

    public override void Advance(int bytes) => inner.Advance(bytes);

    public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

    public override void CancelPendingFlush() => inner.CancelPendingFlush();

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => inner.FlushAsync(cancellationToken);

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default) =>
        inner.WriteAsync(source, cancellationToken);

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    public override async ValueTask CompleteAsync(Exception? exception = null)
    {
        if (Interlocked.Exchange(ref _isCompleted, 1) != 0)
        {
            return;
        }

        await inner.CompleteAsync(exception);
        if (exception is null)
        {
            try
            {
                await tls.ShutdownAsync();
            }
            catch (Exception e) when (e is IOException or InvalidOperationException)
            {
                // The peer has disconnected: the reader reports it.
            }
        }
    }
}
