using System.Buffers;
using System.Text;

namespace UpgradeProtocols;

/// <summary>Writes the many small pieces of a head to a buffer writer, requesting memory in few, larger steps.</summary>
internal ref struct HeadWriter(IBufferWriter<byte> output)
{
    private const int MinimumSize = 256;

    private Span<byte> _free;
    private int _used;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Reserve(bytes.Length));
        _used += bytes.Length;
    }

    /// <summary>Writes text that contains no character above U+00FF, as checked by the caller.</summary>
    public void Write(ReadOnlySpan<char> text)
    {
        var length = Encoding.Latin1.GetBytes(text, Reserve(text.Length));
        _used += length;
    }

    public void Write(int number)
    {
        number.TryFormat(Reserve(11), out var length);
        _used += length;
    }

    public void WriteField(ReadOnlySpan<char> name, ReadOnlySpan<char> value)
    {
        Write(name);
        Write(": "u8);
        Write(value);
        Write("\r\n"u8);
    }

    /// <summary>Commits the written bytes to the buffer writer.</summary>
    public void Complete()
    {
        output.Advance(_used);
        _free = default;
        _used = 0;
    }

    private Span<byte> Reserve(int size)
    {
        if (_free.Length - _used < size)
        {
            output.Advance(_used);
            _free = output.GetSpan(Math.Max(size, MinimumSize));
            _used = 0;
        }

        return _free[_used..];
    }
}
