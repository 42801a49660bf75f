using Microsoft.Extensions.Logging;

namespace UpgradeProtocols;

/// <summary>What became of a message for other nodes.</summary>
internal enum PublishOutcome
{
    Published,
    Buffered,
    Refused,
}

internal static class PublishOutcomes
{
    /// <summary>What became of a message here, with what became of it for other nodes.</summary>
    public static SendResult With(this SendResult here, PublishOutcome outcome) => outcome switch
    {
        PublishOutcome.Published => here,
        PublishOutcome.Buffered => here < SendResult.Queued ? SendResult.Queued : here,
        _ => here | SendResult.Unpublished,
    };
}

/// <summary>
/// Hands messages to the backplane without ever waiting for it: while it is away they are refused at once, or kept up to a limit.
/// Away means that it says so, that a publish fails, or that it answers nothing for a while; a heartbeat that is
/// answered ends that.
/// </summary>
internal sealed class BackplanePublisher(IBackplane backplane, BackplaneOptions options, TimeProvider time, ILogger logger)
{
    private readonly Lock _gate = new();
    private readonly Queue<Kept> _kept = [];
    private long _keptBytes;
    private volatile bool _isOpen;
    private bool _isConnected;
    private string? _problem = "It has not been connected yet.";
    private DateTimeOffset _since = time.GetUtcNow();
    private int _isProbing;
    private long _unacknowledged;
    private long _started;
    private long _finished;
    private long _bytes;
    private long _refused;
    private long _lost;
    private long _finishedAtTick;
    private long _progressAt;

    /// <summary>Is called when it is away or back; not under a lock.</summary>
    public Action<bool>? Changed { get; set; }

    public bool IsOpen => _isOpen;

    /// <summary>Publishes a message, or tells that it can't be. The bytes may be reused when it returns.</summary>
    public PublishOutcome Publish(string channel, ReadOnlySpan<byte> message)
    {
        if (!_isOpen)
        {
            lock (_gate)
            {
                if (!_isOpen)
                {
                    return Keep(channel, message);
                }
            }
        }

        if (Volatile.Read(ref _unacknowledged) + message.Length > options.MaxUnacknowledgedBytes)
        {
            Interlocked.Increment(ref _refused);
            return PublishOutcome.Refused;
        }

        if (Send(channel, Copy(message), message.Length))
        {
            return PublishOutcome.Published;
        }

        Interlocked.Increment(ref _refused);
        return PublishOutcome.Refused;
    }

    /// <summary>Publishes a heartbeat whatever the state: when one is answered, the backplane is back. Only one is under way at a time.</summary>
    public void Probe(string channel, ReadOnlySpan<byte> message)
    {
        if (Interlocked.Exchange(ref _isProbing, 1) == 0)
        {
            Send(channel, Copy(message), message.Length, isProbe: true);
        }
    }

    public void Connected()
    {
        lock (_gate)
        {
            _isConnected = true;
        }

        Open();
    }

    public void Disconnected(string reason)
    {
        lock (_gate)
        {
            _isConnected = false;
        }

        Shut(reason);
    }

    /// <summary>Sees whether the server still answers, and lets go of what was kept for too long.</summary>
    public void Tick(long now)
    {
        var finished = Volatile.Read(ref _finished);
        if (Volatile.Read(ref _started) == finished || finished != _finishedAtTick)
        {
            _finishedAtTick = finished;
            _progressAt = now;
        }
        else if (_isOpen && now - _progressAt >= options.PublishTimeout.TotalMilliseconds)
        {
            Shut("The server doesn't answer.");
        }

        lock (_gate)
        {
            while (_kept.TryPeek(out var oldest) && IsOld(oldest))
            {
                LetGo();
            }
        }
    }

    public void Fill(ref BackplaneStatus status)
    {
        lock (_gate)
        {
            status = status with
            {
                IsConnected = _isOpen,
                Problem = _isOpen ? null : _problem,
                Since = _since,
                Published = Volatile.Read(ref _started),
                PublishedBytes = Volatile.Read(ref _bytes),
                Refused = Volatile.Read(ref _refused),
                Lost = Volatile.Read(ref _lost),
                UnacknowledgedBytes = Volatile.Read(ref _unacknowledged),
                BufferedBytes = _keptBytes,
            };
        }
    }

    private static byte[] Copy(ReadOnlySpan<byte> message)
    {
        var buffer = BufferPool<byte>.Shared.Rent(message.Length);
        message.CopyTo(buffer);
        return buffer;
    }

    private bool IsOld(in Kept message) => time.GetElapsedTime(message.At) > options.BufferTime;

    // Under the gate.
    private PublishOutcome Keep(string channel, ReadOnlySpan<byte> message)
    {
        if (_keptBytes + message.Length > options.BufferBytes)
        {
            Interlocked.Increment(ref _refused);
            return PublishOutcome.Refused;
        }

        _kept.Enqueue(new Kept(channel, Copy(message), message.Length, time.GetTimestamp()));
        _keptBytes += message.Length;
        return PublishOutcome.Buffered;
    }

    // Under the gate.
    private void LetGo()
    {
        var message = _kept.Dequeue();
        _keptBytes -= message.Length;
        BufferPool<byte>.Shared.Return(message.Buffer);
        Interlocked.Increment(ref _lost);
    }

    private bool Send(string channel, byte[] buffer, int length, bool isProbe = false)
    {
        Interlocked.Add(ref _unacknowledged, length);
        Interlocked.Add(ref _bytes, length);
        Interlocked.Increment(ref _started);
        try
        {
            var task = backplane.PublishAsync(channel, buffer.AsMemory(0, length));
            if (!task.IsCompleted)
            {
                _ = AwaitAsync(task, buffer, length, isProbe);
                return true;
            }

            task.GetAwaiter().GetResult();
        }
        catch (Exception e)
        {
            // Whatever an implementation throws, the message isn't on its way.
            Finished(length, isProbe);
            Shut(e.Message);
            return false;
        }

        Taken(buffer, length, isProbe);
        return true;
    }

    private async Task AwaitAsync(ValueTask task, byte[] buffer, int length, bool isProbe)
    {
        try
        {
            await task;
        }
        catch (Exception e)
        {
            // The buffer isn't used again: the implementation may still be at it.
            Finished(length, isProbe);
            Interlocked.Increment(ref _lost);
            Shut(e.Message);
            return;
        }

        Taken(buffer, length, isProbe);
    }

    private void Taken(byte[] buffer, int length, bool isProbe)
    {
        BufferPool<byte>.Shared.Return(buffer);
        Finished(length, isProbe);
        if (!_isOpen)
        {
            Open();
        }
    }

    private void Finished(int length, bool isProbe)
    {
        Interlocked.Add(ref _unacknowledged, -length);
        Interlocked.Increment(ref _finished);
        if (isProbe)
        {
            Volatile.Write(ref _isProbing, 0);
        }
    }

    // What was kept goes first, so that the order stays.
    private void Open()
    {
        lock (_gate)
        {
            if (_isOpen || !_isConnected)
            {
                return;
            }

            while (_kept.TryPeek(out var oldest))
            {
                if (IsOld(oldest))
                {
                    LetGo();
                    continue;
                }

                _kept.Dequeue();
                _keptBytes -= oldest.Length;
                if (!Send(oldest.Channel, oldest.Buffer, oldest.Length))
                {
                    Interlocked.Increment(ref _lost);
                    return;
                }
            }

            _isOpen = true;
            _since = time.GetUtcNow();
        }

        BackplaneLog.Connected(logger);
        Changed?.Invoke(true);
    }

    private void Shut(string problem)
    {
        lock (_gate)
        {
            _problem = problem;
            if (!_isOpen)
            {
                return;
            }

            _isOpen = false;
            _since = time.GetUtcNow();
        }

        BackplaneLog.Disconnected(logger, problem);
        Changed?.Invoke(false);
    }

    private readonly record struct Kept(string Channel, byte[] Buffer, int Length, long At);
}
