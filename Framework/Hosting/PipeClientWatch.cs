using System.IO.Pipelines;

namespace UpgradeProtocols;

/// <summary>
/// Watches the client of the lightweight server by a read that takes nothing. It stops at the first byte that comes: what a client has sent
/// ahead is the new protocol's.
/// </summary>
internal sealed class PipeClientWatch : IClientWatch
{
    private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private readonly PipeReader _input;
    private readonly bool _leavesByFin;
    private readonly Task _watching;
    private bool _hasRead;
    private bool _isCancelled;

    /// <param name="input">The connection's bytes. Nobody else reads them meanwhile.</param>
    /// <param name="leavesByFin">Whether a client that sends nothing more has left: else it may still wait for its answer (N8).</param>
    public PipeClientWatch(PipeReader input, bool leavesByFin)
    {
        _input = input;
        _leavesByFin = leavesByFin;
        _watching = WatchAsync();
    }

    public Task Left => _left.Task;

    /// <summary>Stops watching. The next read is as if there had been none.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (!_hasRead)
            {
                _isCancelled = true;
                _input.CancelPendingRead();
            }
        }

        await _watching;
    }

    private async Task WatchAsync()
    {
        try
        {
            var result = await _input.ReadAsync();
            var isCancelled = End();
            _input.AdvanceTo(result.Buffer.Start);

            // A cancellation that came too late for this read would end the next one, which is somebody else's.
            while (isCancelled && !result.IsCanceled)
            {
                result = await _input.ReadAsync();
                _input.AdvanceTo(result.Buffer.Start);
            }

            if (result.IsCompleted && _leavesByFin)
            {
                _left.TrySetResult();
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // It is gone: who reads or writes next gets this exception too.
            End();
            _left.TrySetResult();
        }
    }

    private bool End()
    {
        lock (_gate)
        {
            _hasRead = true;
            return _isCancelled;
        }
    }
}
