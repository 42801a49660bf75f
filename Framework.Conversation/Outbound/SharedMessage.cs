namespace UpgradeProtocols;

/// <summary>A message for one or many connections: pooled bytes that are returned when the last queue has sent them.</summary>
internal sealed class SharedMessage
{
    private byte[]? _buffer;
    private int _references = 1;

    private SharedMessage(byte[] buffer, int length, MessageKind kind, PushKey? key)
    {
        _buffer = buffer;
        Length = length;
        Kind = kind;
        Key = key;
    }

    public int Length { get; }

    public MessageKind Kind { get; }

    /// <summary>The key by which a newer message may replace this one in a queue; null where none may.</summary>
    public PushKey? Key { get; }

    public ReadOnlySpan<byte> Payload => _buffer.AsSpan(0, Length);

    public static SharedMessage Copy(ReadOnlySpan<byte> payload, MessageKind kind, PushKey? key = null)
    {
        var buffer = BufferPool<byte>.Shared.Rent(payload.Length);
        payload.CopyTo(buffer);
        return new SharedMessage(buffer, payload.Length, kind, key);
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
