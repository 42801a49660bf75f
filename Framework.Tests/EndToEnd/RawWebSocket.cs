using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace UpgradeProtocols.Tests.EndToEnd;

/// <summary>A WebSocket client on a bare socket: it can do what a well-behaved one doesn't, such as not to read.</summary>
internal sealed class RawWebSocket : IDisposable
{
    private const int IpProtoTcp = 6;
    private const int TcpMaxSegment = 2;
    private const int SegmentSize = 1000;

    private static readonly byte[] Mask = [0x12, 0x34, 0x56, 0x78];

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly int _port;
    private Stream? _stream;

    public RawWebSocket(int port, int? receiveBuffer = null)
    {
        _port = port;
        if (receiveBuffer is { } size)
        {
            _socket.ReceiveBufferSize = size;

            // Linux lets a send buffer grow to twenty segments. On loopback a segment has 64 KiB, so without a smaller one the server could
            // hand megabytes to the kernel although the client reads nothing.
            if (OperatingSystem.IsLinux())
            {
                _socket.SetRawSocketOption(IpProtoTcp, TcpMaxSegment, BitConverter.GetBytes(SegmentSize));
            }
        }
    }

    private Stream Stream => _stream ?? throw new InvalidOperationException("Open it first.");

    /// <summary>Sends the handshake in pieces of a size, and takes the 101.</summary>
    public async Task<string> OpenAsync(string path, string? protocol, int pieces = int.MaxValue)
    {
        await _socket.ConnectAsync(IPAddress.Loopback, _port).WaitAsync(Patience.Limit);
        _stream = new BufferedStream(new NetworkStream(_socket));
        var head = $"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{_port}\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            + (protocol is null ? "" : $"Sec-WebSocket-Protocol: {protocol}\r\n") + "\r\n";
        await SendBytesAsync(Encoding.ASCII.GetBytes(head), pieces);
        return await ReadHeadAsync();
    }

    public Task SendAsync(string text, int pieces = int.MaxValue) => SendFrameAsync(0x81, Encoding.UTF8.GetBytes(text), pieces);

    public async Task SendFrameAsync(byte first, byte[] payload, int pieces = int.MaxValue)
    {
        using var frame = new MemoryStream();
        frame.WriteByte(first);
        if (payload.Length < 126)
        {
            frame.WriteByte((byte)(0x80 | payload.Length));
        }
        else
        {
            var length = new byte[2];
            BinaryPrimitives.WriteUInt16BigEndian(length, checked((ushort)payload.Length));
            frame.WriteByte(0x80 | 126);
            frame.Write(length);
        }

        frame.Write(Mask);
        for (var i = 0; i < payload.Length; i++)
        {
            frame.WriteByte((byte)(payload[i] ^ Mask[i % 4]));
        }

        await SendBytesAsync(frame.ToArray(), pieces);
    }

    /// <summary>The next text message; Pings in between are passed over.</summary>
    public async Task<string> ReceiveAsync()
    {
        while (true)
        {
            var (first, payload) = await ReceiveFrameAsync();
            if (first == 0x81)
            {
                return Encoding.UTF8.GetString(payload);
            }

            Assert.Equal(0x89, first);
        }
    }

    public async Task<(byte First, byte[] Payload)> ReceiveFrameAsync()
    {
        var head = await ReadAsync(2);
        long length = head[1] switch
        {
            126 => BinaryPrimitives.ReadUInt16BigEndian(await ReadAsync(2)),
            127 => BinaryPrimitives.ReadInt64BigEndian(await ReadAsync(8)),
            var small => small,
        };
        return (head[0], await ReadAsync(checked((int)length)));
    }

    /// <summary>The server must send its FIN now.</summary>
    public async Task ExpectEndAsync() => Assert.Equal(0, await Stream.ReadAsync(new byte[1]).AsTask().WaitAsync(Patience.Limit));

    public void Dispose()
    {
        _stream?.Dispose();
        _socket.Dispose();
    }

    private async Task SendBytesAsync(byte[] bytes, int pieces)
    {
        for (var at = 0; at < bytes.Length; at += pieces)
        {
            await _socket.SendAsync(bytes.AsMemory(at, Math.Min(pieces, bytes.Length - at))).AsTask().WaitAsync(Patience.Limit);
            if (pieces == int.MaxValue)
            {
                return;
            }
        }
    }

    private async Task<string> ReadHeadAsync()
    {
        var head = new StringBuilder();
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            head.Append((char)(await ReadAsync(1))[0]);
        }

        return head.ToString();
    }

    private async Task<byte[]> ReadAsync(int count)
    {
        var bytes = new byte[count];
        await Stream.ReadExactlyAsync(bytes).AsTask().WaitAsync(Patience.Limit);
        return bytes;
    }
}
