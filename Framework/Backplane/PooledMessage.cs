
namespace UpgradeProtocols;

/// <summary>Bytes in a pooled array, for the duration of a method.</summary>
internal readonly struct PooledMessage : IDisposable
{
    private readonly byte[] _buffer;
    private readonly int _length;

    public PooledMessage(ReadOnlySpan<byte> bytes)
    {
        _buffer = BufferPool<byte>.Shared.Rent(bytes.Length);
        _length = bytes.Length;
        bytes.CopyTo(_buffer);
    }

    public ReadOnlySpan<byte> Bytes => _buffer.AsSpan(0, _length);

    public void Dispose() => BufferPool<byte>.Shared.Return(_buffer);
}
