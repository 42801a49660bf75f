using System.Buffers;
using UpgradeProtocols.Transport.Epoll;

namespace UpgradeProtocols.Soak;

/// <summary>A pool that overwrites returned buffers, so that a read after the return is detected.</summary>
internal sealed class PoisonedPool(ArrayPool<byte> inner) : ArrayPool<byte>
{
    /// <summary>Poisons the server's buffers and the segments of the epoll transport. Call it before either is used.</summary>
    public static void Install()
    {
        AppContext.SetSwitch(Poison.Switch, true);
        BufferPool<byte>.Shared = new PoisonedPool(Shared);
    }

    public override byte[] Rent(int minimumLength) => inner.Rent(minimumLength);

    public override void Return(byte[] array, bool clearArray = false)
    {
        array.AsSpan().Fill(Poison.Value);
        inner.Return(array);
    }
}
