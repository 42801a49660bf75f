namespace UpgradeProtocols;

/// <summary>A call of the peer that is in progress, and that the peer can cancel by its id.</summary>
internal sealed class ActiveCall : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Conversation _conversation;
    private readonly ActiveCalls _calls;
    private CancellationTokenSource? _source;
    private bool _isDisposed;
    private volatile bool _isCancelled;

    public ActiveCall(string key, Conversation conversation, ActiveCalls calls)
    {
        Key = key;
        _conversation = conversation;
        _calls = calls;
    }

    public string Key { get; }

    /// <summary>Whether the peer has cancelled the call.</summary>
    public bool IsCancelled => _isCancelled;

    /// <summary>A token that is cancelled when the peer cancels the call, or the connection closes. Created on first use.</summary>
    public CancellationToken Token
    {
        get
        {
            lock (_gate)
            {
                if (_isCancelled || _isDisposed)
                {
                    return new CancellationToken(canceled: true);
                }

                _source ??= CancellationTokenSource.CreateLinkedTokenSource(_conversation.Closed);
                return _source.Token;
            }
        }
    }

    public void Cancel()
    {
        CancellationTokenSource? source;
        lock (_gate)
        {
            _isCancelled = true;
            source = _isDisposed ? null : _source;
        }

        if (source is not null)
        {
            // The method's callbacks are user code: they don't run on the reader.
            _conversation.WatchCallbacks(source.CancelAsync());
        }
    }

    /// <summary>The call has ended: its id can't cancel anything any more.</summary>
    public void Dispose()
    {
        _calls.Remove(this);
        lock (_gate)
        {
            _isDisposed = true;
            _source?.Dispose();
        }
    }
}
