using System.Net.Sockets;

namespace UpgradeProtocols;

/// <summary>The file of a Unix socket. A killed process leaves it behind, and the next process couldn't listen.</summary>
internal static class UnixSocketFile
{
    /// <summary>Deletes the file if it is a socket without a listener. Any other file stays, and listening fails.</summary>
    /// <returns>Whether the file was deleted.</returns>
    public static bool DeleteStale(string path)
    {
        var isStale = File.Exists(path) && IsSocket(path) && !IsListening(path);
        if (isStale)
        {
            File.Delete(path);
        }

        return isStale;
    }

    // A socket can't be opened as a file. A connection attempt alone doesn't distinguish a socket from a file, since both refuse it.
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
