using System.Net.Sockets;

namespace UpgradeProtocols;

/// <summary>The file of a Unix socket, which a process that was killed leaves behind: the next couldn't listen.</summary>
internal static class UnixSocketFile
{
    /// <summary>Deletes the file when it is a socket on which nobody listens any more. Anything else stays, and listening fails.</summary>
    /// <returns>Whether it was deleted.</returns>
    public static bool DeleteStale(string path)
    {
        var isStale = File.Exists(path) && IsSocket(path) && !IsListening(path);
        if (isStale)
        {
            File.Delete(path);
        }

        return isStale;
    }

    // A socket can't be opened as a file; connecting alone wouldn't tell it from one, since both refuse.
    private static bool IsSocket(string path)
    {
        try
        {
            using var handle = File.OpenHandle(path);
            return false;
        }
        catch (IOException)
        {
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool IsListening(string path)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode != SocketError.ConnectionRefused;
        }
    }
}
