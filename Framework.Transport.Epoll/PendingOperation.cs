using System.Threading.Tasks.Sources;

namespace UpgradeProtocols.Transport.Epoll;

/// <summary>The way a pending read or flush ends if the loop doesn't complete it.</summary>
internal enum Ending : byte
{
    None,
    Canceled,
    CanceledByToken,
}

/// <summary>
/// A pending read or flush. The loop, an abort, a cancellation and a disposal compete to end it. The caller that takes it, under the
/// owner's lock, must end it, outside the lock.
/// </summary>
internal struct PendingOperation<T>
{
    private ManualResetValueTaskSourceCore<T> _source;
    private CancellationTokenRegistration _cancellation;
    private bool _hasBegun;

    /// <summary>Whether the operation is pending and no caller has taken it.</summary>
    public bool IsWaiting { get; private set; }

    /// <summary>The way in which the last caller that took the operation ends it.</summary>
    public Ending Ending { get; private set; }

    /// <summary>Whether the operation has begun and has no result yet.</summary>
    public readonly bool IsUnderWay => _hasBegun && _source.GetStatus(_source.Version) == ValueTaskSourceStatus.Pending;

    public readonly CancellationToken Token => _cancellation.Token;

    /// <summary>Begins an operation. The caller holds the owner's lock.</summary>
    /// <param name="owner">The value task source, which forwards its calls to this struct.</param>
    /// <param name="cancel">The callback that calls <see cref="TryCancel"/> of the owner's operation.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    public ValueTask<T> Begin(IValueTaskSource<T> owner, Action<object?, CancellationToken> cancel, CancellationToken cancellationToken)
    {
        _source.Reset();
        (_hasBegun, IsWaiting) = (true, true);
        if (cancellationToken.CanBeCanceled)
        {
            _cancellation = cancellationToken.UnsafeRegister(cancel, owner);

            // If the token is already cancelled, the callback runs before _cancellation has the registration to compare with.
            if (cancellationToken.IsCancellationRequested && TryTake(Ending.CanceledByToken))
            {
                SetException(new OperationCanceledException(cancellationToken));
            }
        }

        return new ValueTask<T>(owner, _source.Version);
    }

    /// <summary>Takes the operation. The caller holds the owner's lock, and must end the operation if the result is true.</summary>
    public bool TryTake(Ending ending = Ending.None)
    {
        if (!IsWaiting)
        {
            return false;
        }

        (IsWaiting, Ending) = (false, ending);
        return true;
    }

    /// <summary>
    /// Takes the operation for a token's callback. A late callback may find another operation with another token; it returns false then.
    /// </summary>
    public bool TryCancel(CancellationToken cancellationToken) =>
        IsWaiting && _cancellation.Token == cancellationToken && TryTake(Ending.CanceledByToken);

    public void SetResult(T result)
    {
        ForgetCancellation();
        _source.SetResult(result);
    }

    public void SetException(Exception exception)
    {
        ForgetCancellation();
        _source.SetException(exception);
    }

    public T GetResult(short token) => _source.GetResult(token);

    public readonly ValueTaskSourceStatus GetStatus(short token) => _source.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    // Doesn't wait for a running callback: the callback finds that the operation has been taken.
    private void ForgetCancellation()
    {
        _cancellation.Unregister();
        _cancellation = default;
    }
}
