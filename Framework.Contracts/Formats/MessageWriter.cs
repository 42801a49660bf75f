using System.Buffers;
using System.Globalization;

namespace UpgradeProtocols;

/// <summary>
/// A growing buffer for one outgoing message. The bytes already written can still be changed. The framework owns the writer and lends it
/// to a format; only one thread may use it at a time.
/// </summary>
public sealed class MessageWriter : IBufferWriter<byte>
{
    private const int InitialSize = 512;

    // Larger messages are rare, so a larger buffer isn't kept for the next message.
    private const int LargestKept = 64 * 1024;

    [ThreadStatic]
    private static MessageWriter? t_cached;

    private byte[] _buffer = new byte[InitialSize];
    private int _length;

    private MessageWriter()
    {
    }

    /// <summary>The bytes written so far.</summary>
    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    /// <summary>The number of bytes written so far.</summary>
    public int Length => _length;

    /// <summary>The position of the payload's start: the length at the last call of <see cref="MarkPayload"/>.</summary>
    public int PayloadStart { get; private set; }

    /// <summary>Rents this thread's cached writer, or a new one. <see cref="Return"/> returns it to the cache.</summary>
    /// <returns>An empty writer.</returns>
    public static MessageWriter Rent()
    {
        var writer = t_cached ?? new MessageWriter();
        t_cached = null;
        return writer;
    }

    /// <summary>Returns the writer to the current thread's cache and discards its bytes.</summary>
    public void Return()
    {
        _length = 0;
        PayloadStart = 0;
        if (_buffer.Length > LargestKept)
        {
            _buffer = new byte[InitialSize];
        }

        t_cached = this;
    }

    /// <summary>Discards all bytes written.</summary>
    public void Clear() => _length = 0;

    /// <summary>Marks the current position as the payload's start.</summary>
    public void MarkPayload() => PayloadStart = _length;

    /// <summary>Writes bytes.</summary>
    /// <param name="bytes">The bytes.</param>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        Ensure(bytes.Length);
        bytes.CopyTo(_buffer.AsSpan(_length));
        _length += bytes.Length;
    }

    /// <summary>Writes one byte.</summary>
    /// <param name="value">The byte.</param>
    public void WriteByte(byte value)
    {
        Ensure(1);
        _buffer[_length++] = value;
    }

    /// <summary>Writes a number in decimal digits.</summary>
    /// <param name="value">The number.</param>
    public void WriteNumber(long value)
    {
        const int Longest = 20;
        Ensure(Longest);
        value.TryFormat(_buffer.AsSpan(_length), out var written, default, CultureInfo.InvariantCulture);
        _length += written;
    }

    /// <summary>Returns bytes already written, which can be changed in place.</summary>
    /// <param name="start">The position of the first byte.</param>
    /// <returns>The bytes from there to the end.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="start"/> is past the end.</exception>
    public Span<byte> WrittenFrom(int start) => _buffer.AsSpan(start, _length - start);

    /// <summary>Inserts bytes between the bytes already written.</summary>
    /// <param name="position">The position to insert at.</param>
    /// <param name="bytes">The bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="position"/> is past the end.</exception>
    public void Insert(int position, ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)position, (uint)_length, nameof(position));
        Ensure(bytes.Length);
        _buffer.AsSpan(position, _length - position).CopyTo(_buffer.AsSpan(position + bytes.Length));
        bytes.CopyTo(_buffer.AsSpan(position));
        _length += bytes.Length;
    }

    /// <summary>Discards the last bytes.</summary>
    /// <param name="length">The number of bytes to keep.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="length"/> is more than the number of bytes written.</exception>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)_length, nameof(length));
        _length = length;
    }

    /// <inheritdoc/>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _buffer.Length - _length);
        _length += count;
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Ensure(Math.Max(sizeHint, 1));
        return _buffer.AsMemory(_length);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Ensure(Math.Max(sizeHint, 1));
        return _buffer.AsSpan(_length);
    }

    private void Ensure(int count)
    {
        if (_buffer.Length - _length < count)
        {
            Grow(count);
        }
    }

    private void Grow(int count)
    {
        var needed = checked(_length + count);
        var size = Math.Min((long)Array.MaxLength, Math.Max((long)_buffer.Length * 2, needed));
        Array.Resize(ref _buffer, (int)size);
    }
}
