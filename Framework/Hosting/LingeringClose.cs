using System.IO.Pipelines;

namespace UpgradeProtocols;

/// <summary>
/// Discards what a refused peer still sends, for a second at most and less when it is silent: to close with unread bytes would
/// reset the connection and could take the answer from the peer (RFC 9112 §9.6).
/// </summary>
internal sealed class LingeringClose(ConnectionClock clock, PipeReader input) : IClockClient
{
    private const int Longest = 1000;
    private const int Silence = 500;

    private readonly long _start = clock.Now;
    private long _lastHeard = clock.Now;
    private volatile bool _isOver;

    public async Task RunAsync()
    {
        clock.Add(this);
        try
        {
            while (!_isOver)
            {
                var result = await input.ReadAsync();
                input.AdvanceTo(result.Buffer.End);
                Volatile.Write(ref _lastHeard, clock.Now);
                if (result.IsCompleted)
                {
                    break;
                }
            }
        }
        finally
        {
            clock.Remove(this);
        }
    }

    public void Tick(long now)
    {
        if (now - _start >= Longest || now - Volatile.Read(ref _lastHeard) >= Silence)
        {
            _isOver = true;
            input.CancelPendingRead();
        }
    }
}
