using System.Buffers;
using UpgradeProtocols.Transport.Epoll;

namespace UpgradeProtocols.Soak;

/// <summary>What is given back is overwritten: who goes on reading it is found out.</summary>
internal sealed class PoisonedPool(ArrayPool<byte> inner) : ArrayPool<byte>
{
    /// <summary>Poisons the server's buffers and the segments of the epoll transport; before either is used.</summary>
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
