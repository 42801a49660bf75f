using System.IO.Pipelines;

namespace UpgradeProtocols;

/// <summary>Reads a PROXY header within its timeout, before any other byte of a connection.</summary>
internal sealed class ProxyHeaderReader(ConnectionClock clock, PipeReader input, TimeSpan timeout) : ClockClient
{
    private readonly long _deadline = clock.Now + (long)timeout.TotalMilliseconds;
    private volatile bool _isOver;

    /// <summary>The header; null if there is none, it is malformed, or it came too late.</summary>
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

                // The bytes after the header stay unexamined, so that the next read returns them without waiting.
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
            // The proxy has disconnected.
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
