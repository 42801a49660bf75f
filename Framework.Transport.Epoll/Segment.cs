using System.Buffers;

namespace UpgradeProtocols.Transport.Epoll;

/// <summary>A piece of received or outgoing bytes: [Start, End) of an array.</summary>
internal sealed class Segment(byte[] array) : ReadOnlySequenceSegment<byte>
{
    private int _end;

    public byte[] Array { get; } = array;

    public int Start { get; set; }

    /// <summary>A thread that sees it also sees the bytes before it.</summary>
    public int End
    {
        get => Volatile.Read(ref _end);
        private set => Volatile.Write(ref _end, value);
    }

    public int Room => Array.Length - End;

    public new Segment? Next
    {
        get => (Segment?)base.Next;
        set => base.Next = value;
    }

    /// <summary>Another thread may still write into it, at an unknown time. So it is not used for another connection any more.</summary>
    public bool IsExposed { get; set; }

    /// <summary>Where its array begins in the stream of bytes.</summary>
    public long Position
    {
        get => RunningIndex;
        set => RunningIndex = value;
    }

    public Span<byte> Unsent => Array.AsSpan(Start, End - Start);

    public void Append(int count)
    {
        End += count;
        Memory = Array.AsMemory(0, End);
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Array.AsSpan(End));
        Append(bytes.Length);
    }

    public void Clear()
    {
        if (Poison.IsOn)
        {
            Array.AsSpan().Fill(Poison.Value);
        }

        (Start, End, Next, Position) = (0, 0, null, 0);
        Memory = default;
    }
}
