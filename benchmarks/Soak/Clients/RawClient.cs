using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace UpgradeProtocols.Soak;

/// <summary>A socket with the minimum of each protocol that a misbehaving client needs.</summary>
internal sealed class RawClient : IDisposable
{
    private readonly byte[] _buffer = new byte[4096];

    private RawClient(Socket socket) => Socket = socket;

    public Socket Socket { get; }

    public static async Task<RawClient> ConnectAsync(Uri address, CancellationToken cancellationToken, int receiveBuffer = 0)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (receiveBuffer > 0)
            {
                socket.ReceiveBufferSize = receiveBuffer;
            }

            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, address.Port), cancellationToken);
            return new RawClient(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public static byte[] Upgrade(string path, string token = "websocket") => Encoding.ASCII.GetBytes(
        $"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: {token}\r\n" +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");

    public static byte[] Frame(byte opcode, ReadOnlySpan<byte> payload)
    {
        var extended = payload.Length < 126 ? 0 : payload.Length <= ushort.MaxValue ? 2 : 8;
        var frame = new byte[2 + extended + 4 + payload.Length];
        frame[0] = (byte)(0x80 | opcode);
        frame[1] = (byte)(0x80 | (extended == 0 ? payload.Length : extended == 2 ? 126 : 127));
        if (extended == 2)
        {
            BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), (ushort)payload.Length);
        }
        else if (extended == 8)
        {
            BinaryPrimitives.WriteUInt64BigEndian(frame.AsSpan(2), (ulong)payload.Length);
        }

        // With a key of zeros, the masked payload equals the payload.
        payload.CopyTo(frame.AsSpan(6 + extended));
        return frame;
    }

    /// <summary>Upgrades the connection and reads the response head. Returns the bytes that arrived after it.</summary>
    public async Task<byte[]> OpenAsync(string path, CancellationToken cancellationToken, string token = "websocket")
    {
        await SendAsync(Upgrade(path, token), cancellationToken);
        var head = "";
        while (true)
        {
            var count = await ReceiveAsync(cancellationToken);
            head += count > 0 ? Encoding.Latin1.GetString(_buffer, 0, count) : throw new IOException("The connection ended inside the response.");
            if (head.IndexOf("\r\n\r\n", StringComparison.Ordinal) is var end and >= 0)
            {
                return Encoding.Latin1.GetBytes(head[(end + 4)..]);
            }
        }
    }

    public async Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await Socket.SendAsync(bytes, cancellationToken)..];
        }
    }

    /// <summary>Reads and discards bytes; returns 0 at the end.</summary>
    public ValueTask<int> ReceiveAsync(CancellationToken cancellationToken, int most = int.MaxValue) =>
        Socket.ReceiveAsync(_buffer.AsMemory(0, Math.Min(most, _buffer.Length)), cancellationToken);

    /// <summary>The bytes of the last <see cref="ReceiveAsync"/>.</summary>
    public ReadOnlySpan<byte> Received(int count) => _buffer.AsSpan(0, count);

    public async Task<byte[]> ReceiveExactlyAsync(int count, CancellationToken cancellationToken)
    {
        var bytes = new byte[count];
        for (var received = 0; received < count;)
        {
            var more = await Socket.ReceiveAsync(bytes.AsMemory(received), cancellationToken);
            received += more > 0 ? more : throw new IOException("The connection ended inside a reply.");
        }

        return bytes;
    }

    public async Task ReadToEndAsync(CancellationToken cancellationToken)
    {
        while (await ReceiveAsync(cancellationToken) > 0)
        {
        }
    }

    /// <summary>Disconnects abruptly with an RST.</summary>
    public void Abort() => Socket.Close(timeout: 0);

    public void Dispose() => Socket.Dispose();
}
