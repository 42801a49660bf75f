using System.Threading.Tasks.Sources;

namespace UpgradeProtocols.Transport.Epoll;

/// <summary>The result of a waiting read or flush that is not ended by the loop.</summary>
internal enum Ending : byte
{
    None,
    Canceled,
    CanceledByToken,
}

/// <summary>
/// A read or a flush that waits. The loop, an abort, a cancellation and a disposal may all want to end it: who takes it, under the
/// lock of its owner, ends it, outside of the lock.
/// </summary>
internal struct PendingOperation<T>
{
    private ManualResetValueTaskSourceCore<T> _source;
    private CancellationTokenRegistration _cancellation;
    private bool _hasBegun;

    /// <summary>Whether its result isn't taken yet.</summary>
    public bool IsWaiting { get; private set; }

    /// <summary>The last taker, and its purpose.</summary>
    public Ending Ending { get; private set; }

    /// <summary>Whether who began it is still to learn of its end.</summary>
    public readonly bool IsUnderWay => _hasBegun && _source.GetStatus(_source.Version) == ValueTaskSourceStatus.Pending;

    public readonly CancellationToken Token => _cancellation.Token;

    /// <summary>Under the lock.</summary>
    /// <param name="owner">The source of the value, which forwards its calls.</param>
    /// <param name="cancel">Calls <see cref="TryCancel"/> of the owner's operation.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    public ValueTask<T> Begin(IValueTaskSource<T> owner, Action<object?, CancellationToken> cancel, CancellationToken cancellationToken)
    {
        _source.Reset();
        (_hasBegun, IsWaiting) = (true, true);
        if (cancellationToken.CanBeCanceled)
        {
            _cancellation = cancellationToken.UnsafeRegister(cancel, owner);

            // A token that is cancelled already calls before there is a registration to compare with.
            if (cancellationToken.IsCancellationRequested && TryTake(Ending.CanceledByToken))
            {
                SetException(new OperationCanceledException(cancellationToken));
            }
        }

        return new ValueTask<T>(owner, _source.Version);
    }

    /// <summary>Requires the lock. A caller that gets true must end it.</summary>
    public bool TryTake(Ending ending = Ending.None)
    {
        if (!IsWaiting)
        {
            return false;
        }

        (IsWaiting, Ending) = (false, ending);
        return true;
    }

    /// <summary>The same for a token's callback, which may be late and find another operation, with another token.</summary>
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

    // A callback that runs just now isn't waited for: it finds that the operation has been taken.
    private void ForgetCancellation()
    {
        _cancellation.Unregister();
        _cancellation = default;
    }
}
