namespace UpgradeProtocols.Testing;

/// <summary>A buffer of received items that tests take. Several callers may wait for different items concurrently.</summary>
internal sealed class Inbox<T>
    where T : class
{
    private readonly Lock _gate = new();
    private readonly List<T> _items = [];
    private readonly List<Waiting> _waiting = [];
    private Func<Exception>? _end;

    public void Add(T item)
    {
        lock (_gate)
        {
            if (_waiting.Find(waiting => waiting.Wants(item)) is not { } taker)
            {
                _items.Add(item);
                return;
            }

            _waiting.Remove(taker);
            taker.Item.SetResult(item);
        }
    }

    public async Task<T> TakeAsync(Func<T, bool> which, string what, TimeSpan timeout)
    {
        var taking = Take(which, out var waiting);
        try
        {
            return await taking.WaitAsync(timeout);
        }
        catch (TimeoutException) when (GivesUp(waiting))
        {
            throw new TimeoutException($"The client did not receive {what} within {timeout.TotalSeconds} s. Received and not taken: {Describe()}");
        }
        catch (TimeoutException)
        {
            // The item arrived right after the timeout.
            return await taking;
        }
    }

    /// <summary>Ends the inbox: callers that wait, and later callers that find no item, get this exception.</summary>
    public void End(Func<Exception> failure)
    {
        Waiting[] left;
        lock (_gate)
        {
            _end ??= failure;
            left = [.. _waiting];
            _waiting.Clear();
        }

        foreach (var waiting in left)
        {
            waiting.Item.TrySetException(failure());
        }
    }

    private bool GivesUp(Waiting? waiting)
    {
        lock (_gate)
        {
            return waiting is not null && _waiting.Remove(waiting);
        }
    }

    private Task<T> Take(Func<T, bool> which, out Waiting? waiting)
    {
        waiting = null;
        lock (_gate)
        {
            var index = _items.FindIndex(item => which(item));
            if (index >= 0)
            {
                var item = _items[index];
                _items.RemoveAt(index);
                return Task.FromResult(item);
            }

            if (_end is { } end)
            {
                return Task.FromException<T>(end());
            }

            waiting = new Waiting(which, new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously));
            _waiting.Add(waiting);
            return waiting.Item.Task;
        }
    }

    // Describes the items for the exception message of a failed test.
    private string Describe()
    {
        lock (_gate)
        {
            return _items.Count == 0 ? "nothing." : string.Join(" | ", _items.Take(10));
        }
    }

    private sealed record Waiting(Func<T, bool> Wants, TaskCompletionSource<T> Item);
}
