namespace UpgradeProtocols;

/// <summary>
/// Collects the connections that a thread writes to while it handles the frames of one read, and flushes each once
/// at the end: one system call for many replies, and for a broadcast one for each member, however many messages it gets.
/// </summary>
internal static class FlushBatch
{
    // A larger amount is handed to the transport at once, so that its backpressure takes effect.
    public const int MaxUnflushed = 32 * 1024;

    [ThreadStatic]
    private static int t_depth;

    [ThreadStatic]
    private static List<Outbound>? t_pending;

    /// <summary>
    /// Begins a batch, which ends with the result's disposal. A batch with a coalescer leaves the flush to the coalescer, unless a single connection was
    /// written to: for that one it costs more than it can save.
    /// </summary>
    public static Scope Begin(FlushCoalescer? coalescer = null)
    {
        t_pending ??= [];
        t_depth++;
        return new Scope(coalescer);
    }

    /// <summary>Defers the flush to the end of this thread's batch, if there is one.</summary>
    public static bool TryDefer(Outbound outbound)
    {
        if (t_depth == 0)
        {
            return false;
        }

        t_pending!.Add(outbound);
        return true;
    }

    private static void End(FlushCoalescer? coalescer)
    {
        if (--t_depth > 0)
        {
            return;
        }

        var pending = t_pending!;
        if (coalescer is not null && pending.Count != 1)
        {
            coalescer.Add(pending);
            pending.Clear();
        }
        else
        {
            Flush(pending);
        }
    }

    private static void Flush(List<Outbound> pending)
    {
        // A flush can run code that writes and defers again, so the list is enumerated by index.
        t_depth++;
        for (var i = 0; i < pending.Count; i++)
        {
            pending[i].FlushUnlessMoreComes();
        }

        pending.Clear();
        t_depth--;
    }

    /// <summary>A batch of the current thread.</summary>
    public readonly ref struct Scope(FlushCoalescer? coalescer)
    {
        public void Dispose() => End(coalescer);
    }
}
