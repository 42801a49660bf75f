using System.Runtime.InteropServices;

namespace UpgradeProtocols.Transport.Epoll;

/// <summary>The system calls, and Linux's values of their flags, events and error codes.</summary>
internal static partial class LibC
{
    public const int Again = 11;
    public const int Interrupted = 4;
    public const int TooManyFilesOfProcess = 24;
    public const int TooManyFilesOfSystem = 23;
    public const int NoBuffers = 105;
    public const int NoMemory = 12;
    public const int ConnectionAborted = 103;
    public const int ProtocolError = 71;
    public const int NetworkDown = 100;
    public const int NetworkUnreachable = 101;
    public const int HostDown = 112;
    public const int HostUnreachable = 113;
    public const int NoProtocolOption = 92;
    public const int NotOnNetwork = 64;

    public const int SockNonBlock = 0x800;
    public const int SockCloseOnExec = 0x80000;
    public const int EpollCloseOnExec = 0x80000;
    public const int MessageNoSignal = 0x4000;
    public const int IpProtocolTcp = 6;
    public const int TcpNoDelay = 1;
    public const int ShutWrite = 1;
    public const ushort AddressUnspecified = 0;
    public const int AddressLength = 16;

    public const int EpollAdd = 1;
    public const int EpollRemove = 2;
    public const uint EpollIn = 0x1;
    public const uint EpollUrgent = 0x2;
    public const uint EpollOut = 0x4;
    public const uint EpollError = 0x8;
    public const uint EpollHangUp = 0x10;
    public const uint EpollPeerHangUp = 0x2000;
    public const uint EpollExclusive = 1u << 28;
    public const uint EpollEdge = 1u << 31;

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    public static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    public static unsafe partial int EpollControl(int epoll, int operation, int file, byte* entry);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    public static unsafe partial int EpollWait(int epoll, byte* events, int count, int timeout);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    public static partial int EventFile(uint initial, int flags);

    /// <summary>
    /// Resets a TCP connection. The file descriptor stays open (connect(2): AF_UNSPEC dissolves the association).
    /// </summary>
    public static void Reset(int socket)
    {
        Span<ushort> address = stackalloc ushort[AddressLength / sizeof(ushort)];
        address.Clear();
        address[0] = AddressUnspecified;
        _ = Connect(socket, ref address[0], AddressLength);
    }

    [LibraryImport("libc", EntryPoint = "accept4", SetLastError = true)]
    public static partial int Accept(int listener, ref byte address, ref int addressLength, int flags);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    public static partial nint Receive(int socket, ref byte buffer, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    public static partial nint Send(int socket, ref byte buffer, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    public static partial int Connect(int socket, ref ushort family, int length);

    [LibraryImport("libc", EntryPoint = "shutdown", SetLastError = true)]
    public static partial int Shutdown(int socket, int how);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    public static partial int SetSocketOption(int socket, int level, int name, ref int value, int length);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int file);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int file, ref ulong value, nint length);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int file, ref ulong value, nint length);
}
