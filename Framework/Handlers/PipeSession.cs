using System.IO.Pipelines;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>A raw protocol that reads and writes the pipe itself. It ends when its method returns.</summary>
internal sealed class PipeSession(HandlerSession host, PipeDispatcher dispatcher, object handler)
    : ConversationSession(host.Connection.Conversation, host)
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

    public override void Prepare(IDuplexPipe pipe)
    {
        _watched = new WatchedPipe(pipe);
        Conversation.Open(this, outbound: null);
    }

    public override async Task ConverseAsync()
    {
        try
        {
            await host.StartAsync();
            host.LeaveRequest();
            if (Conversation.Close is null)
            {
                await RunMethodAsync(_watched!);
            }

            host.Leave();
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
            await dispatcher.RunAsync(handler, host.Connection, pipe);
            Conversation.TryClose(new CloseInfo(WebSocketCloseCode.NormalClosure, "", CloseInitiator.Local));
        }
        catch (IOException)
        {
            Conversation.TryClose(new CloseInfo(WebSocketCloseCode.AbnormalClosure, "", CloseInitiator.Transport));
        }
        catch (OperationCanceledException) when (Conversation.Closed.IsCancellationRequested)
        {
            // The method ended because of its cancellation: the bytes that it wrote before are sent.
        }
        catch (Exception e)
        {
            host.HandlerFailed(e);
            Conversation.TryClose(new CloseInfo(WebSocketCloseCode.InternalError, "", CloseInitiator.Local));
            Abort();
        }
        finally
        {
            _isRunning = false;
        }
    }
}
