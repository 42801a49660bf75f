using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Text;
using UpgradeProtocols.Tests.WebSockets;

namespace UpgradeProtocols.Tests.Hosting;

/// <summary>An answer as a client reads it.</summary>
internal sealed record TestResponse(int Status, ILookup<string, string> Headers, string Body)
{
    public string? this[string name] => Headers[name.ToLowerInvariant()].ToArray() is { Length: > 0 } values ? string.Join(", ", values) : null;
}

/// <summary>A frame of the server's.</summary>
internal sealed record TestFrame(int Opcode, bool Fin, byte[] Payload, bool Rsv1 = false)
{
    public string Text => Encoding.UTF8.GetString(Payload);

    public int Code => Payload.Length >= 2 ? BinaryPrimitives.ReadUInt16BigEndian(Payload) : 1005;

    public string Reason => Payload.Length > 2 ? Encoding.UTF8.GetString(Payload.AsSpan(2)) : "";

    public override string ToString() => Opcode == 8 ? $"close {Code} {Reason}" : $"{Opcode}: {Text}";
}

/// <summary>A client of bytes: it says just what a test tells it to. Everything it waits for has an end.</summary>
internal sealed class TestClient(PipeReader input, PipeWriter output, Action shut, Action reset, Task aborted)
{
    public const string Key = "dGhlIHNhbXBsZSBub25jZQ==";

    private readonly List<byte> _buffer = [];
    private Task _sending = Task.CompletedTask;
    private bool _hasEnded;

    /// <summary>Ends when the server has aborted the connection.</summary>
    public Task Aborted => aborted;

    public static string Upgrade(string path, string more = "") =>
        $"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {Key}\r\n{more}\r\n";

    public static string UpgradeRaw(string path, string token, string more = "") =>
        $"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: {token}\r\n{more}\r\n";

    /// <summary>Sends, and waits until the server has taken it (in memory) or the socket has.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes, int piece = int.MaxValue)
    {
        while (!bytes.IsEmpty)
        {
            var count = Math.Min(piece, bytes.Length);
            await Post(bytes[..count]).WaitAsync(Patience.Limit);
            bytes = bytes[count..];
        }
    }

    public Task SendAsync(string text, int piece = int.MaxValue) => SendAsync(Encoding.Latin1.GetBytes(text), piece);

    /// <summary>Sends; the task ends when the server has taken it, which a server that is held up doesn't.</summary>
    public Task Post(ReadOnlyMemory<byte> bytes)
    {
        return _sending = PostAfterAsync(_sending);

        async Task PostAfterAsync(Task before)
        {
            await before;
            await output.WriteAsync(bytes);
        }
    }

    public Task TextAsync(string text) => SendAsync(ClientFrames.Text(text));

    public Task FrameAsync(int opcode, ReadOnlyMemory<byte> payload, bool fin = true) => SendAsync(ClientFrames.Frame(opcode, payload.Span, fin));

    public Task PingAsync(string payload) => FrameAsync(9, Encoding.UTF8.GetBytes(payload));

    public Task CloseAsync(int code = 1000, string reason = "") =>
        FrameAsync(8, (byte[])[(byte)(code >> 8), (byte)code, .. Encoding.UTF8.GetBytes(reason)]);

    /// <summary>A WebSocket handshake that succeeds.</summary>
    public async Task<TestResponse> OpenAsync(string path, string more = "")
    {
        await SendAsync(Upgrade(path, more));
        var response = await ResponseAsync();
        Assert.Equal(101, response.Status);
        return response;
    }

    public async Task OpenRawAsync(string path, string token)
    {
        await SendAsync(UpgradeRaw(path, token));
        Assert.Equal(101, (await ResponseAsync()).Status);
    }

    public void Shut() => shut();

    /// <summary>Is gone, without a FIN.</summary>
    public void Abort() => reset();

    public async Task<TestResponse> ResponseAsync(bool toHead = false)
    {
        var lines = (await UntilAsync("\r\n\r\n")).Split("\r\n");
        Assert.StartsWith("HTTP/1.1 ", lines[0], StringComparison.Ordinal);
        var status = int.Parse(lines[0].AsSpan(9, 3), System.Globalization.CultureInfo.InvariantCulture);
        var fields = lines.Skip(1).ToLookup(line => line[..line.IndexOf(':')].ToLowerInvariant(), line => line[(line.IndexOf(':') + 1)..].Trim());
        var length = toHead || status is < 200 or 204 or 304
            ? 0
            : int.Parse(Assert.Single(fields["content-length"]), System.Globalization.CultureInfo.InvariantCulture);
        return new TestResponse(status, fields, Encoding.UTF8.GetString(await BytesAsync(length)));
    }

    public async Task<TestFrame> FrameAsync()
    {
        var head = await BytesAsync(2);
        Assert.Equal(0, head[1] & 0x80);
        var length = (head[1] & 0x7F) switch
        {
            126 => BinaryPrimitives.ReadUInt16BigEndian(await BytesAsync(2)),
            127 => (int)BinaryPrimitives.ReadInt64BigEndian(await BytesAsync(8)),
            var small => small,
        };
        return new TestFrame(head[0] & 0x0F, (head[0] & 0x80) != 0, await BytesAsync(length), (head[0] & 0x40) != 0);
    }

    public async Task<string> TextAsync()
    {
        var frame = await FrameAsync();
        Assert.True(frame.Opcode == 1, $"Not a text frame: {frame}");
        return frame.Text;
    }

    /// <summary>Reads up to the server's Close, past everything else.</summary>
    public async Task<TestFrame> UntilCloseAsync()
    {
        while (true)
        {
            if (await FrameAsync() is { Opcode: 8 } close)
            {
                return close;
            }
        }
    }

    public async Task<string> StringAsync(int count) => Encoding.Latin1.GetString(await BytesAsync(count));

    public async Task<byte[]> BytesAsync(int count)
    {
        while (_buffer.Count < count)
        {
            Assert.True(await FillAsync(), $"The connection ended after {_buffer.Count} of {count} bytes: {Seen()}");
        }

        var bytes = _buffer.GetRange(0, count).ToArray();
        _buffer.RemoveRange(0, count);
        return bytes;
    }

    /// <summary>Waits for the end of the connection, before which nothing more may come.</summary>
    public async Task EndAsync()
    {
        while (!_hasEnded && _buffer.Count == 0)
        {
            await FillAsync();
        }

        Assert.True(_buffer.Count == 0, $"Bytes where the connection should have ended: {Seen()}");
    }

    /// <summary>Everything up to the end of the connection.</summary>
    public async Task<string> RestAsync()
    {
        while (await FillAsync())
        {
        }

        return await StringAsync(_buffer.Count);
    }

    private async Task<string> UntilAsync(string mark)
    {
        int end;
        while ((end = Seen().IndexOf(mark, StringComparison.Ordinal)) < 0)
        {
            Assert.True(await FillAsync(), $"The connection ended: {Seen()}");
        }

        var text = await StringAsync(end);
        _buffer.RemoveRange(0, mark.Length);
        return text;
    }

    private async Task<bool> FillAsync()
    {
        if (_hasEnded)
        {
            return false;
        }

        try
        {
            var result = await input.ReadAsync().AsTask().WaitAsync(Patience.Limit);
            _buffer.AddRange(result.Buffer.ToArray());
            input.AdvanceTo(result.Buffer.End);
            _hasEnded = result.Buffer.IsEmpty && (result.IsCompleted || aborted.IsCompleted);
        }
        catch (IOException)
        {
            _hasEnded = true;
        }

        return !_hasEnded;
    }

    private string Seen() => Encoding.Latin1.GetString([.. _buffer]);
}
