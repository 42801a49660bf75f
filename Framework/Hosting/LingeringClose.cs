using System.IO.Pipelines;

namespace UpgradeProtocols;

/// <summary>Discards what a peer still sends that was refused while it spoke HTTP (<see cref="DiscardTime"/>).</summary>
internal sealed class LingeringClose(ConnectionClock clock, PipeReader input) : ClockClient
{
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

    public override void Tick(long now)
    {
        if (now - _start >= DiscardTime.Longest || now - Volatile.Read(ref _lastHeard) >= DiscardTime.Silence)
        {
            _isOver = true;
            input.CancelPendingRead();
        }
    }
}
