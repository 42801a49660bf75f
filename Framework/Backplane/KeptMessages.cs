using System.Diagnostics.CodeAnalysis;

namespace UpgradeProtocols;

/// <summary>Messages that wait until the backplane is back, in their order. Used under its publisher's lock.</summary>
internal sealed class KeptMessages(BackplaneOptions options, TimeProvider time)
{
    private readonly LinkedList<KeptMessage> _messages = new();

    public long Bytes { get; private set; }

    public bool IsEmpty => _messages.Count == 0;

    /// <summary>The length of the oldest message.</summary>
    public int NextLength => _messages.First?.Value.Length ?? 0;

    /// <summary>Keeps a copy, if there is room.</summary>
    public bool TryAdd(string channel, ReadOnlySpan<byte> message)
    {
        if (Bytes + message.Length > options.BufferBytes)
        {
            return false;
        }

        var buffer = BufferPool<byte>.Shared.Rent(message.Length);
        message.CopyTo(buffer);
        _messages.AddLast(new KeptMessage(channel, buffer, message.Length, time.GetTimestamp()));
        Bytes += message.Length;
        return true;
    }

    public bool TryTake([NotNullWhen(true)] out KeptMessage? message)
    {
        message = _messages.First?.Value;
        if (message is null)
        {
            return false;
        }

        _messages.RemoveFirst();
        Bytes -= message.Length;
        return true;
    }

    /// <summary>Puts a message that couldn't be sent back in front of all others.</summary>
    public void PutBack(KeptMessage message)
    {
        _messages.AddFirst(message);
        Bytes += message.Length;
    }

    /// <summary>Clears the failure mark of the oldest message: it failed because of an outage.</summary>
    public void Acquit()
    {
        if (_messages.First?.Value is { } oldest)
        {
            oldest.HasFailed = false;
        }
    }

    /// <summary>Drops the messages that have been kept for too long, or all, and returns their number.</summary>
    public int LetGo(bool all = false)
    {
        var count = 0;
        while (_messages.First?.Value is { } oldest && (all || time.GetElapsedTime(oldest.At) > options.BufferTime))
        {
            _messages.RemoveFirst();
            Bytes -= oldest.Length;
            BufferPool<byte>.Shared.Return(oldest.Buffer);
            count++;
        }

        return count;
    }
}

/// <summary>A kept message.</summary>
/// <param name="Channel">The channel's name on the server.</param>
/// <param name="Buffer">A pooled buffer.</param>
/// <param name="Length">The length of the message in the buffer.</param>
/// <param name="At">The time when it was kept.</param>
internal sealed record KeptMessage(string Channel, byte[] Buffer, int Length, long At)
{
    /// <summary>Whether it failed once although the backplane was connected: the message itself may be the cause.</summary>
    public bool HasFailed { get; set; }
}
