using System.IO.Pipelines;

namespace UpgradeProtocols;

/// <summary>Reads a PROXY header, in time, before anything else of a connection is looked at.</summary>
internal sealed class ProxyHeaderReader(ConnectionClock clock, PipeReader input, TimeSpan timeout) : ClockClient
{
    private readonly long _deadline = clock.Now + (long)timeout.TotalMilliseconds;
    private volatile bool _isOver;

    /// <summary>The header, or null when there is none, it is malformed, or it came too late.</summary>
    public async Task<ProxyHeader?> ReadAsync()
    {
        clock.Add(this);
        try
        {
            while (!_isOver)
            {
                var result = await input.ReadAsync();
                var buffer = result.Buffer;
                var status = ProxyHeader.TryRead(ref buffer, out var header);

                // What follows the header stays unexamined, so that the next read gives it without waiting.
                input.AdvanceTo(buffer.Start, status == ProxyHeaderStatus.Done ? buffer.Start : buffer.End);
                if (status != ProxyHeaderStatus.NeedMore)
                {
                    return status == ProxyHeaderStatus.Done ? header : null;
                }

                if (result.IsCompleted)
                {
                    break;
                }
            }
        }
        catch (IOException)
        {
            // The proxy is gone.
        }
        finally
        {
            clock.Remove(this);
        }

        return null;
    }

    public override void Tick(long now)
    {
        if (now >= _deadline && !_isOver)
        {
            _isOver = true;
            input.CancelPendingRead();
        }
    }
}
