using System.Net.WebSockets;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Connections;
using UpgradeProtocols.Tests.Hosting;

namespace UpgradeProtocols.Tests.Wire;

/// <summary>Tests permessage-deflate with every parameter against .NET's WebSocket, which uses zlib.</summary>
[Trait("rule", "D1"), Trait("rule", "D2"), Trait("rule", "D3")]
public class CompressionMatrixTests
{
    private static readonly int[] s_sizes = [0, 1, 16, 255, 256, 257, 512, 1024, 5000, 32_768, 131_072];

    public static TheoryData<string, string> Takeovers => new()
    {
        { "", "" },
        { "; server_no_context_takeover", "" },
        { "", "; client_no_context_takeover" },
        { "; server_no_context_takeover", "; client_no_context_takeover" },
    };

    [Theory, MemberData(nameof(Takeovers))]
    public async Task Both_sides_keep_to_every_window_size(string serverTakeover, string clientTakeover)
    {
        await using var server = new TestServer(
            builder => builder.AddProtocol(new UpgradeProtocols.Runtime.ProtocolEntry
            {
                Path = "/",
                IsDefault = true,
                Compression = true,
                HandlerType = typeof(TestHandler),
                Dispatcher = new TestDispatcher<RawMessageFormat>(new RawMessageFormat(), new TestLife(), TestProtocol.Echo),
            }),
            options => options.Compression.MinimumSize = 0);

        // One window at a time, and both at their limits. zlib cannot use a window of 8, so the client does not send with it.
        (int? Server, int? Client)[] windows =
            [(null, null), (null, 0), (8, 0), (9, 9), (10, 0), (11, 15), (12, 14), (13, 0), (14, 12), (15, 15), (null, 10), (8, 11), (null, 13)];
        foreach (var (serverBits, clientBits) in windows)
        {
            var offer = $"permessage-deflate{serverTakeover}{clientTakeover}"
                + (serverBits is null ? "" : $"; server_max_window_bits={serverBits}")
                + clientBits switch { null => "", 0 => "; client_max_window_bits", _ => $"; client_max_window_bits={clientBits}" };
            await EchoAllAsync(server, offer);
        }
    }

    private static async Task EchoAllAsync(TestServer server, string offer)
    {
        var client = server.Connect(out var transport, holdUpAt: 1 << 20);
        var opened = await client.OpenAsync("/", $"Sec-WebSocket-Extensions: {offer}\r\n");
        var agreed = opened["Sec-WebSocket-Extensions"];
        Assert.StartsWith("permessage-deflate", agreed, StringComparison.Ordinal);
        Assert.False(offer.Contains("server_no", StringComparison.Ordinal) && !agreed!.Contains("server_no", StringComparison.Ordinal), agreed);
        Assert.InRange(Bits(agreed!, "server_max_window_bits"), 8, Bits(offer, "server_max_window_bits"));
        Assert.InRange(Bits(agreed!, "client_max_window_bits"), 8, Bits(offer, "client_max_window_bits"));
        using var socket = WebSocket.CreateFromStream(
            new TwoWays(transport.ClientInput.AsStream(), transport.ClientOutput.AsStream()),
            new WebSocketCreationOptions
            {
                DangerousDeflateOptions = new WebSocketDeflateOptions
                {
                    ClientContextTakeover = !agreed!.Contains("client_no", StringComparison.Ordinal),
                    ServerContextTakeover = !agreed.Contains("server_no", StringComparison.Ordinal),
                    ClientMaxWindowBits = Math.Max(9, Bits(agreed, "client_max_window_bits")),
                    ServerMaxWindowBits = Math.Max(9, Bits(agreed, "server_max_window_bits")),
                },
            });
        foreach (var size in s_sizes)
        {
            await EchoAsync(socket, Message(size), offer);
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None).WaitAsync(Patience.Limit);
        Assert.Equal(WebSocketCloseStatus.NormalClosure, socket.CloseStatus);
    }

    private static async Task EchoAsync(WebSocket socket, byte[] message, string offer)
    {
        // The client sends two frames of one message and reads concurrently: the server may stop reading if the client does not read.
        var received = ReceiveAsync(socket);
        await socket.SendAsync(message.AsMemory(0, message.Length / 3), WebSocketMessageType.Binary, endOfMessage: false, CancellationToken.None);
        await socket.SendAsync(message.AsMemory(message.Length / 3), WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
        var back = await received.WaitAsync(Patience.Limit);
        Assert.True(message.AsSpan().SequenceEqual(back), $"{offer}: {message.Length} bytes");
    }

    private static async Task<byte[]> ReceiveAsync(WebSocket socket)
    {
        var message = new MemoryStream();
        var chunk = new byte[16_384];
        ValueWebSocketReceiveResult result;
        do
        {
            result = await socket.ReceiveAsync(chunk.AsMemory(), CancellationToken.None);
            Assert.Equal(WebSocketMessageType.Binary, result.MessageType);
            message.Write(chunk, 0, result.Count);
        }
        while (!result.EndOfMessage);
        return message.ToArray();
    }

    // Words in random order: they repeat near and far, in the same message and in previous messages.
    private static byte[] Message(int size)
    {
        var random = new Random(size);
        string[] words = ["upgrade ", "protocol ", "window ", "takeover ", "κόσμε ", "0123456789", "\"type\":\"say\","];
        var text = new System.Text.StringBuilder();
        while (text.Length < size)
        {
            text.Append(words[random.Next(words.Length)]).Append(random.Next(100));
        }

        return System.Text.Encoding.UTF8.GetBytes(text.ToString())[..size];
    }

    private static int Bits(string parameters, string name)
    {
        var parameter = parameters.Split(';', StringSplitOptions.TrimEntries).FirstOrDefault(item => item.StartsWith(name + "=", StringComparison.Ordinal));
        return parameter is null ? 15 : int.Parse(parameter.AsSpan(name.Length + 1), System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Combines an input stream and an output stream into one stream.</summary>
    private sealed class TwoWays(Stream input, Stream output) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Flush() => output.Flush();

        public override Task FlushAsync(CancellationToken cancellationToken) => output.FlushAsync(cancellationToken);

        public override int Read(byte[] buffer, int offset, int count) => input.Read(buffer, offset, count);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => input.ReadAsync(buffer, cancellationToken);

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            input.ReadAsync(buffer, offset, count, cancellationToken);

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => output.Write(buffer, offset, count);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => output.WriteAsync(buffer, cancellationToken);

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            output.WriteAsync(buffer, offset, count, cancellationToken);
    }
}
