using System.IO.Pipelines;

namespace UpgradeProtocols;

/// <summary>
/// Ends a connection whose last bytes have been flushed, so that the peer can read them (RFC 9112 §9.6). It signals the end of the output
/// to the peer, and discards the bytes that the peer still sends (<see cref="DiscardTime"/>) until the peer ends too.
/// </summary>
/// <param name="clock">The clock of the time limit.</param>
/// <param name="input">The bytes that the peer still sends.</param>
/// <param name="frames">The frames of a WebSocket: the peer's Close ends the discarding too. Null for other bytes.</param>
internal sealed class LingeringClose(ConnectionClock clock, PipeReader input, DiscardedFrames? frames) : ClockClient
{
    private readonly long _start = clock.Now;
    private long _lastHeard = clock.Now;
    private volatile bool _isOver;

    /// <param name="hub">Counts the lingering connections.</param>
    /// <param name="pipe">The connection's bytes; the output is completed.</param>
    /// <param name="connection">The object by which the connection is counted.</param>
    /// <param name="traits">The capabilities of the transport.</param>
    /// <param name="isWhole">Whether everything that the peer was to send before those last bytes has been read.</param>
    /// <param name="frames">The frames of a WebSocket; null for other bytes.</param>
    public static async Task RunAsync(
        ConnectionHub hub, IDuplexPipe pipe, object? connection, TransportTraits traits, bool isWhole, DiscardedFrames? frames = null)
    {
        if (hub.Lingering.TryAdd(connection, traits))
        {
            var halfCloses = traits.HasFlag(TransportTraits.HalfCloses);
            if (halfCloses)
            {
                await pipe.Output.CompleteAsync();
            }

            // Where both directions end at once, the peer waits for the end during the discarding: it is skipped when no unread bytes can
            // exist.
            if (halfCloses || !isWhole || HasMore(pipe.Input))
            {
                await new LingeringClose(hub.Clock, pipe.Input, frames).DiscardAsync();
            }
        }

        await pipe.Output.CompleteAsync();
    }

    public override void Tick(long now)
    {
        if (now - _start >= DiscardTime.Longest || now - Volatile.Read(ref _lastHeard) >= DiscardTime.Silence)
        {
            _isOver = true;
            input.CancelPendingRead();
        }
    }

    private static bool HasMore(PipeReader input)
    {
        if (!input.TryRead(out var result))
        {
            return false;
        }

        input.AdvanceTo(result.Buffer.Start);
        return !result.Buffer.IsEmpty && !result.IsCompleted;
    }

    private async Task DiscardAsync()
    {
        clock.Add(this);
        try
        {
            while (!_isOver)
            {
                var result = await input.ReadAsync();
                frames?.Take(result.Buffer);
                input.AdvanceTo(result.Buffer.End);
                Volatile.Write(ref _lastHeard, clock.Now);
                if (result.IsCompleted || frames is { HasClose: true })
                {
                    break;
                }
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException)
        {
            // The peer or the transport has ended: there is nothing left to wait for.
        }
        finally
        {
            clock.Remove(this);
        }
    }
}
