using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace UpgradeProtocols.Transport.Epoll;

/// <summary>A set of files to watch. The kernel packs its entries to 12 bytes on x86 and lays them out naturally elsewhere.</summary>
internal sealed unsafe class EpollSet : IDisposable
{
    private const int Capacity = 256;

    private static readonly bool IsPacked = RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.X86;
    private static readonly int EntrySize = IsPacked ? 12 : 16;
    private static readonly int FileOffset = IsPacked ? 4 : 8;

    private readonly int _epoll = LibC.EpollCreate(LibC.EpollCloseOnExec);
    private readonly byte* _events = (byte*)NativeMemory.AllocZeroed((nuint)(Capacity * EntrySize));

    public EpollSet()
    {
        if (_epoll < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    public void Add(int file, uint events) => Control(LibC.EpollAdd, file, events);

    public void Modify(int file, uint events) => Control(LibC.EpollModify, file, events);

    public void Remove(int file) => Control(LibC.EpollRemove, file, 0);

    /// <summary>Waits until there is something; or only looks.</summary>
    public int Wait(bool block)
    {
        var count = LibC.EpollWait(_epoll, _events, Capacity, block ? -1 : 0);
        return count >= 0 ? count
            : Marshal.GetLastPInvokeError() == LibC.Interrupted ? 0
            : throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    public (int File, uint Events) this[int index]
    {
        get
        {
            var entry = _events + index * EntrySize;
            return (Unsafe.ReadUnaligned<int>(entry + FileOffset), Unsafe.ReadUnaligned<uint>(entry));
        }
    }

    public void Dispose()
    {
        _ = LibC.Close(_epoll);
        NativeMemory.Free(_events);
    }

    private void Control(int operation, int file, uint events)
    {
        var entry = stackalloc byte[16];
        Unsafe.WriteUnaligned(entry, events);
        Unsafe.WriteUnaligned(entry + FileOffset, (long)file);
        if (LibC.EpollControl(_epoll, operation, file, entry) < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }
}
