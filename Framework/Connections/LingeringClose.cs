using System.IO.Pipelines;

namespace UpgradeProtocols;

/// <summary>
/// Ends a connection whose last answer has been flushed, so that the peer can read it (RFC 9112 §9.6): the peer is told that nothing
/// more comes, and what it still sends is discarded (<see cref="DiscardTime"/>) until its own end comes.
/// </summary>
/// <param name="clock">Tells when the time is over.</param>
/// <param name="input">What the peer still sends.</param>
/// <param name="frames">The frames of a WebSocket: the peer's Close ends it too. Null for other bytes.</param>
internal sealed class LingeringClose(ConnectionClock clock, PipeReader input, DiscardedFrames? frames) : ClockClient
{
    private readonly long _start = clock.Now;
    private long _lastHeard = clock.Now;
    private volatile bool _isOver;

    /// <param name="hub">Counts the connections that only linger.</param>
    /// <param name="pipe">The connection's bytes; the output is completed.</param>
    /// <param name="connection">What the connection is counted by.</param>
    /// <param name="traits">What its transport can do.</param>
    /// <param name="isWhole">Whether all was read that the peer is to send before the answer.</param>
    /// <param name="frames">As above.</param>
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

            // Where both directions end at once the peer waits for it meanwhile: not where nothing unread can be there.
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
            // The peer, or the transport, is gone: there is nobody left to wait for.
        }
        finally
        {
            clock.Remove(this);
        }
    }
}
