using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace UpgradeProtocols.Transport.Epoll;

/// <summary>A set of files to watch. The kernel packs its entries to 12 bytes on x86 and lays them out naturally elsewhere.</summary>
internal sealed unsafe class EpollSet
{
    private const int Capacity = 256;

    private static readonly bool IsPacked = RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.X86;
    private static readonly int EntrySize = IsPacked ? 12 : 16;
    private static readonly int FileOffset = IsPacked ? 4 : 8;

    private readonly int _epoll;
    private readonly byte* _events;

    public EpollSet()
    {
        _epoll = LibC.EpollCreate(LibC.EpollCloseOnExec);
        if (_epoll < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }

        _events = (byte*)NativeMemory.AllocZeroed((nuint)(Capacity * EntrySize));
    }

    /// <param name="file">The file to watch.</param>
    /// <param name="generation">Identifies its events, because an event may arrive after another file got the descriptor.</param>
    /// <param name="events">The events to report.</param>
    public void Add(int file, int generation, uint events)
    {
        if (Control(LibC.EpollAdd, file, generation, events) < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    /// <summary>Removing a missing file does nothing.</summary>
    public void Remove(int file) => Control(LibC.EpollRemove, file, 0, 0);

    /// <summary>Waits until there is something; or only looks.</summary>
    public int Wait(bool block)
    {
        var count = LibC.EpollWait(_epoll, _events, Capacity, block ? -1 : 0);
        return count >= 0 ? count
            : Marshal.GetLastPInvokeError() == LibC.Interrupted ? 0
            // Another thread has closed the set's file, and its descriptor may belong to another file. Continuing would serve the wrong connections.
            : throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    public (int File, int Generation, uint Events) this[int index]
    {
        get
        {
            var entry = _events + index * EntrySize;
            var data = entry + FileOffset;
            return (Unsafe.ReadUnaligned<int>(data), Unsafe.ReadUnaligned<int>(data + sizeof(int)), Unsafe.ReadUnaligned<uint>(entry));
        }
    }

    /// <summary>Called by the loop's thread, because only that thread knows that it doesn't use the set any more.</summary>
    public void Close()
    {
        _ = LibC.Close(_epoll);
        NativeMemory.Free(_events);
    }

    private int Control(int operation, int file, int generation, uint events)
    {
        var entry = stackalloc byte[16];
        Unsafe.WriteUnaligned(entry, events);
        Unsafe.WriteUnaligned(entry + FileOffset, file);
        Unsafe.WriteUnaligned(entry + FileOffset + sizeof(int), generation);
        return LibC.EpollControl(_epoll, operation, file, entry);
    }
}
