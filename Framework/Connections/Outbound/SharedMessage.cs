namespace UpgradeProtocols;

/// <summary>A message for one or many connections: pooled bytes that go back when the last queue has sent them.</summary>
internal sealed class SharedMessage
{
    private byte[]? _buffer;
    private int _references = 1;

    private SharedMessage(byte[] buffer, int length, MessageKind kind)
    {
        _buffer = buffer;
        Length = length;
        Kind = kind;
    }

    public int Length { get; }

    public MessageKind Kind { get; }

    public ReadOnlySpan<byte> Payload => _buffer.AsSpan(0, Length);

    public static SharedMessage Copy(ReadOnlySpan<byte> payload, MessageKind kind)
    {
        var buffer = BufferPool<byte>.Shared.Rent(payload.Length);
        payload.CopyTo(buffer);
        return new SharedMessage(buffer, payload.Length, kind);
    }

    public void AddReference() => Interlocked.Increment(ref _references);

    public void Release()
    {
        if (Interlocked.Decrement(ref _references) == 0)
        {
            BufferPool<byte>.Shared.Return(_buffer!);
            _buffer = null;
        }
    }
}
