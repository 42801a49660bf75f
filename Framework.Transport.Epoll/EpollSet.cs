using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace UpgradeProtocols.Transport.Epoll;

/// <summary>
/// An epoll set of watched files. The kernel packs its entries to 12 bytes on x86, and uses natural alignment on other architectures.
/// </summary>
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
        _epoll = LibC.EpollCreate(LibC.EPOLL_CLOEXEC);
        if (_epoll < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }

        _events = (byte*)NativeMemory.AllocZeroed((nuint)(Capacity * EntrySize));
    }

    /// <param name="file">The file descriptor to watch.</param>
    /// <param name="generation">
    /// The number that identifies the file in its events, because an event may arrive after the descriptor was reused.
    /// </param>
    /// <param name="events">The events to watch for.</param>
    public void Add(int file, int generation, uint events)
    {
        if (Control(LibC.EPOLL_CTL_ADD, file, generation, events) < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    /// <summary>Removes a file. Does nothing if the set doesn't have it.</summary>
    public void Remove(int file) => Control(LibC.EPOLL_CTL_DEL, file, 0, 0);

    /// <summary>Waits until there are events or, without <paramref name="block"/>, polls once.</summary>
    public int Wait(bool block)
    {
        var count = LibC.EpollWait(_epoll, _events, Capacity, block ? -1 : 0);
        return count >= 0 ? count
            : Marshal.GetLastPInvokeError() == LibC.EINTR ? 0
            // Other code has closed the set's descriptor, which may have been reused: continuing could serve the wrong connections.
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

    /// <summary>Closes the set. The loop's thread calls it, because only that thread knows when it has finished with the set.</summary>
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
