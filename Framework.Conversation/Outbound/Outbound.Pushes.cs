namespace UpgradeProtocols;

/// <content>Pushes, and their treatment when the queue is full.</content>
internal sealed partial class Outbound
{
    /// <summary>Selects the worse of two receivers' results, for the sender.</summary>
    public static SendResult Worse(SendResult one, SendResult other) =>
        new(one.Outcome > other.Outcome ? one.Outcome : other.Outcome, one.IsPublished && other.IsPublished);

    /// <summary>Waits for the receivers that had no room.</summary>
    public static async ValueTask<SendResult> WorstAsync(List<Task<SendResult>> full, SendResult worst)
    {
        foreach (var result in await Task.WhenAll(full))
        {
            worst = Worse(worst, result);
        }

        return worst;
    }

    /// <summary>Sends a push. When the queue is full, the policy applies.</summary>
    public ValueTask<SendResult> PushAsync(ReadOnlySpan<byte> payload, MessageKind kind, CancellationToken cancellationToken = default)
    {
        if (TryPush(payload, kind))
        {
            return new(SendOutcome.Sent);
        }

        var message = SharedMessage.Copy(payload, kind);
        var result = PushAsync(message, policy: null, cancellationToken);
        message.Release();
        return result;
    }

    /// <summary>Sends a push if no message waits: then its bytes don't have to be kept.</summary>
    public bool TryPush(ReadOnlySpan<byte> payload, MessageKind kind)
    {
        lock (this)
        {
            if (_isClosing || !TryWriteNow(payload, kind))
            {
                return false;
            }
        }

        FlushSoon();
        return true;
    }

    /// <summary>Sends a push. When the queue is full, its own policy applies, otherwise the protocol's.</summary>
    public ValueTask<SendResult> PushAsync(SharedMessage message, SlowConsumerPolicy? policy, CancellationToken cancellationToken = default) =>
        PushAsync(message, policy ?? _policy ?? SlowConsumerPolicy.Wait, member: null, cancellationToken);

    /// <summary>
    /// Sends a push that many connections get. Without any policy, a connection that doesn't read is closed: it must not
    /// hold up the sender for the others.
    /// </summary>
    /// <param name="message">The message.</param>
    /// <param name="policy">The push's own policy.</param>
    /// <param name="member">The membership that is the reason for the push: a member that has left gets nothing.</param>
    public ValueTask<SendResult> BroadcastAsync(SharedMessage message, SlowConsumerPolicy? policy, IPushRecipient? member = null) =>
        PushAsync(message, policy ?? _policy ?? SlowConsumerPolicy.Close, member);

    /// <summary>Sends another node's push, for which no sender can wait: a connection that doesn't read is closed.</summary>
    /// <param name="message">The message.</param>
    /// <param name="policy">The push's own policy.</param>
    /// <param name="member">The membership that is the reason for the push: a member that has left gets nothing.</param>
    public SendOutcome Broadcast(SharedMessage message, SlowConsumerPolicy? policy, IPushRecipient? member = null)
    {
        var wanted = policy ?? _policy ?? SlowConsumerPolicy.Close;
        return Push(message, wanted == SlowConsumerPolicy.Wait ? SlowConsumerPolicy.Close : wanted, out _, member);
    }

    private ValueTask<SendResult> PushAsync(
        SharedMessage message, SlowConsumerPolicy policy, IPushRecipient? member, CancellationToken cancellationToken = default)
    {
        var result = Push(message, policy, out var room, member);
        return result == SendOutcome.Queued ? AfterQueued(room, cancellationToken) : new(result);
    }

    private SendOutcome Push(SharedMessage message, SlowConsumerPolicy policy, out Task? room, IPushRecipient? member = null)
    {
        room = null;
        SendOutcome result;
        lock (this)
        {
            if (member is { HasLeft: true })
            {
                return SendOutcome.Sent;
            }

            if (_isClosing)
            {
                return SendOutcome.Closed;
            }

            if (TryWriteNow(message.Payload, message.Kind))
            {
                result = SendOutcome.Sent;
            }
            else if (Queue.TryFind(message.Key, out var older))
            {
                (result, room) = Queue.IsFull(older, message.Length) ? MakeRoom(message.Length, policy, older) : (SendOutcome.Queued, null);
                if (IsTaken(result, policy))
                {
                    // In place: a key that changes often keeps its turn, and isn't delayed by each change.
                    message.AddReference();
                    Queue.Replace(older, message);
                }
            }
            else
            {
                (result, room) = Queue.IsFull(message.Length) ? MakeRoom(message.Length, policy) : (SendOutcome.Queued, null);
                if (IsTaken(result, policy))
                {
                    message.AddReference();
                    Queue.Add(message, isPush: true);
                }
            }
        }

        switch (result)
        {
            case SendOutcome.Sent:
                FlushSoon();
                break;
            case SendOutcome.Closed:
                _owner?.CloseSlow();
                break;
        }

        return result;
    }

    private (SendOutcome Result, Task? Room) MakeRoom(int length, SlowConsumerPolicy policy, LinkedListNode<OutboundQueue.QueuedMessage>? replaced = null)
    {
        switch (policy)
        {
            case SlowConsumerPolicy.Wait:
                _owner?.Meter.SlowConsumer("wait");
                return (SendOutcome.Queued, Queue.WhenRoom);
            case SlowConsumerPolicy.DropOldest:
                _owner?.Meter.SlowConsumer("drop_oldest");
                Queue.DropOldest(length, replaced);
                return (SendOutcome.Dropped, null);
            case SlowConsumerPolicy.DropNewest:
                _owner?.Meter.SlowConsumer("drop_newest");
                return (SendOutcome.Dropped, null);
            default:
                _owner?.Meter.SlowConsumer("close");
                return (SendOutcome.Closed, null);
        }
    }

    private static bool IsTaken(SendOutcome result, SlowConsumerPolicy policy) =>
        result == SendOutcome.Queued || (result == SendOutcome.Dropped && policy == SlowConsumerPolicy.DropOldest);
}
