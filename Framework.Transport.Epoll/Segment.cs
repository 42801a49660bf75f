using System.Buffers;

namespace UpgradeProtocols.Transport.Epoll;

/// <summary>A segment of received bytes or of bytes to send: the range [Start, End) of an array.</summary>
internal sealed class Segment(byte[] array) : ReadOnlySequenceSegment<byte>
{
    private int _end;

    public byte[] Array { get; } = array;

    public int Start { get; set; }

    /// <summary>The end of the bytes. Another thread that reads this value also sees the bytes before it.</summary>
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

    /// <summary>
    /// Whether a caller may still write into the segment without notice. Such a segment never returns to the pool for other connections.
    /// </summary>
    public bool IsExposed { get; set; }

    /// <summary>The offset of the array's start in the byte stream.</summary>
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
