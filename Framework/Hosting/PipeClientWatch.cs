using System.IO.Pipelines;

namespace UpgradeProtocols;

/// <summary>
/// Watches the lightweight server's client with a read that consumes nothing. The watch stops at the first byte: data that a client has
/// sent early belongs to the new protocol.
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

    /// <param name="input">The connection's bytes. Nothing else reads them meanwhile.</param>
    /// <param name="leavesByFin">
    /// Whether a FIN means that the client has disconnected; otherwise it may still wait for the response (N8).
    /// </param>
    public PipeClientWatch(PipeReader input, bool leavesByFin)
    {
        _input = input;
        _leavesByFin = leavesByFin;
        _watching = WatchAsync();
    }

    public Task Left => _left.Task;

    /// <summary>Stops watching. The next read is unaffected.</summary>
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

            // A cancellation that came too late for this read would cancel the next one, which belongs to other code.
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
            // The client has disconnected: the next read or write gets this exception too.
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
