using System.Text;

namespace UpgradeProtocols;

/// <summary>The calls of the peer that are in progress and can be cancelled, by their ids. Created with the first such call.</summary>
internal sealed class ActiveCalls(Conversation conversation)
{
    // More cancellations than this don't come while one message is started, except from a peer that means harm.
    private const int MaxEarly = 64;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, ActiveCall> _calls = new(StringComparer.Ordinal);

    // Cancellations that came between the start of a message and its registration here.
    private HashSet<string>? _early;

    /// <summary>Registers a call. Where two have the same id, a cancellation is for the first.</summary>
    public ActiveCall Begin(ReadOnlySpan<byte> id)
    {
        TryBegin(id, out var call);
        return call;
    }

    /// <summary>Registers a call; returns whether no other one has the id.</summary>
    public bool TryBegin(ReadOnlySpan<byte> id, out ActiveCall call)
    {
        call = new ActiveCall(KeyOf(id), conversation, this);
        bool isFirst, isCancelled;
        lock (_gate)
        {
            isFirst = _calls.TryAdd(call.Key, call);
            isCancelled = _early?.Remove(call.Key) == true;
        }

        if (isCancelled)
        {
            call.Cancel();
        }

        return isFirst;
    }

    /// <summary>Releases an id before its call has ended: the peer may use it again.</summary>
    public void Release(ReadOnlySpan<byte> id)
    {
        lock (_gate)
        {
            _calls.Remove(KeyOf(id));
        }
    }

    /// <summary>Cancels the call with the id; returns whether there is one.</summary>
    public bool TryCancel(ReadOnlySpan<byte> id)
    {
        ActiveCall? call;
        lock (_gate)
        {
            _calls.TryGetValue(KeyOf(id), out call);
        }

        call?.Cancel();
        return call is not null;
    }

    /// <summary>Notes the cancellation of a message that is being started.</summary>
    public void CancelEarly(ReadOnlySpan<byte> id)
    {
        lock (_gate)
        {
            _early ??= new HashSet<string>(StringComparer.Ordinal);
            if (_early.Count < MaxEarly)
            {
                _early.Add(KeyOf(id));
            }
        }
    }

    /// <summary>The message has been started: what was noted isn't for later ones.</summary>
    public void ForgetEarly()
    {
        lock (_gate)
        {
            _early?.Clear();
        }
    }

    public void Remove(ActiveCall call)
    {
        lock (_gate)
        {
            if (_calls.TryGetValue(call.Key, out var registered) && ReferenceEquals(registered, call))
            {
                _calls.Remove(call.Key);
            }
        }
    }

    private static string KeyOf(ReadOnlySpan<byte> id) => Encoding.Latin1.GetString(id);
}
