using System.Runtime.CompilerServices;

namespace UpgradeProtocols;

/// <summary>A message during inflation. Its data refers back to the message itself and to the history before it.</summary>
internal ref struct InflateWindow
{
    private readonly MessageBuffer _output;
    private readonly ReadOnlySpan<byte> _history;
    private readonly int _limit;
    private Span<byte> _bytes;
    private int _position;

    public InflateWindow(MessageBuffer output, ReadOnlySpan<byte> history, int limit)
    {
        _output = output;
        _history = history;
        _limit = limit;
        _position = output.Length;
        _bytes = UpToLimit(output.GetWhole(0));
    }

    /// <summary>Whether the message and its history reach that far back.</summary>
    public readonly bool Reaches(int distance) => distance <= _position + _history.Length;

    /// <summary>Appends a byte; returns false if the limit is exceeded.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryAdd(byte value)
    {
        if (_position >= _bytes.Length && !TryGrow(1))
        {
            return false;
        }

        _bytes[_position++] = value;
        return true;
    }

    /// <summary>
    /// Appends bytes from the given distance back, which may overlap the appended bytes; returns false if the limit is exceeded.
    /// </summary>
    public bool TryRepeat(int distance, int length)
    {
        if (length > _bytes.Length - _position && !TryGrow(length))
        {
            return false;
        }

        if (distance > _position)
        {
            length -= RepeatHistory(distance - _position, length);
        }

        if (length > distance)
        {
            RepeatOverlapping(distance, length);
        }
        else if (length > 0)
        {
            _bytes.Slice(_position - distance, length).CopyTo(_bytes[_position..]);
        }

        _position += length;
        return true;
    }

    /// <summary>Advances the output by the appended bytes.</summary>
    public readonly void Commit() => _output.Advance(_position - _output.Length);

    private int RepeatHistory(int back, int length)
    {
        var count = Math.Min(back, length);
        _history.Slice(_history.Length - back, count).CopyTo(_bytes[_position..]);
        _position += count;
        return count;
    }

    private readonly void RepeatOverlapping(int distance, int length)
    {
        var bytes = _bytes.Slice(_position - distance, distance + length);
        if (distance == 1)
        {
            bytes[1..].Fill(bytes[0]);
            return;
        }

        for (var i = distance; i < bytes.Length; i++)
        {
            bytes[i] = bytes[i - distance];
        }
    }

    private bool TryGrow(int count)
    {
        Commit();
        _bytes = UpToLimit(_output.GetWhole(Math.Min(count, _limit - _position)));
        return count <= _bytes.Length - _position;
    }

    private readonly Span<byte> UpToLimit(Span<byte> bytes) => bytes[..Math.Min(bytes.Length, _limit)];
}
