using System.IO.Pipelines;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>A raw protocol that reads and writes the pipe itself. It ends when its method returns.</summary>
internal sealed class PipeSession(UpgradeConnection connection, PipeDispatcher dispatcher, object handler) : ConnectionSession(connection, handler)
{
    private WatchedPipe? _watched;
    private volatile bool _isRunning;

    public override string? Running => _isRunning ? "[OnUpgraded]" : base.Running;

    public override void BeginClose(CloseInfo close, bool isFailure)
    {
        // The method is notified by its token. A server that stops aborts connections that don't end in time.
    }

    protected override void Watch(long now)
    {
        if (_watched?.Output is { } output)
        {
            AbortIfBlocked(output.FlushUnderWay, output.FlushSize, now);
        }
    }

    protected override void Prepare(IDuplexPipe pipe)
    {
        _watched = new WatchedPipe(pipe);
        Connection.Open(this, outbound: null);
    }

    protected override async Task ConverseAsync()
    {
        try
        {
            await StartHandlerAsync();
            LeaveRequest();
            if (Connection.Close is null)
            {
                await RunMethodAsync(_watched!);
            }

            Delist();
            try
            {
                await _watched!.Output.CompleteAsync();
            }
            catch (InvalidOperationException)
            {
                // The method left unflushed bytes, and the transport has ended.
            }
        }
        catch (Exception e)
        {
            Faulted(e);
        }

        await EndAsync();
    }

    private async Task RunMethodAsync(IDuplexPipe pipe)
    {
        try
        {
            _isRunning = true;
            await dispatcher.RunAsync(Handler, Connection, pipe);
            Connection.TryClose(new CloseInfo(WebSocketCloseCode.NormalClosure, "", CloseInitiator.Local));
        }
        catch (IOException)
        {
            Connection.TryClose(new CloseInfo(WebSocketCloseCode.AbnormalClosure, "", CloseInitiator.Transport));
        }
        catch (OperationCanceledException) when (Connection.Closed.IsCancellationRequested)
        {
            // The method ended because of its cancellation: the bytes that it wrote before are sent.
        }
        catch (Exception e)
        {
            HandlerFailed(e);
            Connection.TryClose(new CloseInfo(WebSocketCloseCode.InternalError, "", CloseInitiator.Local));
            Abort();
        }
        finally
        {
            _isRunning = false;
        }
    }
}
