using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Text;
using Microsoft.Extensions.DependencyInjection;

namespace UpgradeProtocols.Benchmarks;

/// <summary>
/// A client over in-memory pipes whose schedulers run inline: the handler and the reply run on the thread that sent the
/// message, so that a benchmark measures only the framework.
/// </summary>
internal sealed class InMemoryClient : IDisposable
{
    private const long MaxWait = 10_000;

    private readonly ServiceProvider _services;
    private readonly bool _ownsServices;
    private readonly Pipe _toServer = new(s_options);
    private readonly Pipe _toClient = new(s_options);
    private readonly Task _server;

    private static readonly PipeOptions s_options = new(
        new RetainingPool(), readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, useSynchronizationContext: false);

    public InMemoryClient(string path, string? subprotocol, ServiceProvider? shared = null, Action<UpgradeProtocolsBuilder>? configure = null)
    {
        _services = shared ?? BuildServices(configure);
        _ownsServices = shared is null;
        var engine = _services.GetRequiredService<UpgradeEngine>();
        _server = engine.ServeAsync(new HttpTransport(new Duplex(_toServer.Reader, _toClient.Writer), default));
        var asked = subprotocol is null ? "" : $"Sec-WebSocket-Protocol: {subprotocol}\r\n";
        Send(Encoding.ASCII.GetBytes(
            $"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
            $"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{asked}\r\n"));
        var head = Receive();
        if (!Encoding.ASCII.GetString(head).StartsWith("HTTP/1.1 101", StringComparison.Ordinal))
        {
            throw new InvalidOperationException(Encoding.ASCII.GetString(head));
        }
    }

    public void Send(ReadOnlySpan<byte> bytes)
    {
        _toServer.Writer.Write(bytes);
        var flush = _toServer.Writer.FlushAsync();
        if (!flush.IsCompletedSuccessfully)
        {
            throw new InvalidOperationException("The server blocks the client.");
        }

        _ = flush.Result;
    }

    /// <summary>Reads the bytes that the server has sent, and returns their number.</summary>
    public long Drain()
    {
        var result = Read();
        var length = result.Buffer.Length;
        _toClient.Reader.AdvanceTo(result.Buffer.End);
        return length;
    }

    /// <param name="opcode">The opcode of an unfragmented message.</param>
    /// <param name="payload">The unmasked payload.</param>
    /// <param name="key">The masking key of four bytes; if empty, that of RFC 6455's example.</param>
    public static byte[] Frame(byte opcode, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> key = default)
    {
        key = key.IsEmpty ? [0x37, 0xfa, 0x21, 0x3d] : key;
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

        key.CopyTo(frame.AsSpan(2 + extended));
        for (var i = 0; i < payload.Length; i++)
        {
            frame[6 + extended + i] = (byte)(payload[i] ^ key[i & 3]);
        }

        return frame;
    }

    public void Dispose()
    {
        _toServer.Writer.Complete();
        _server.Wait(TimeSpan.FromSeconds(10));
        if (_ownsServices)
        {
            _services.Dispose();
        }
    }

    private static ServiceProvider BuildServices(Action<UpgradeProtocolsBuilder>? configure)
    {
        var services = new ServiceCollection();
        var builder = services.AddUpgradeProtocols();
        configure?.Invoke(builder);
        return services.BuildServiceProvider();
    }

    private byte[] Receive()
    {
        var result = Read();
        var bytes = result.Buffer.ToArray();
        _toClient.Reader.AdvanceTo(result.Buffer.End);
        return bytes;
    }

    // The server answers on the client's thread, except for the handshake and the first moments after it, which use the thread pool.
    private ReadResult Read()
    {
        ReadResult result;
        var spin = new SpinWait();
        var deadline = Environment.TickCount64 + MaxWait;
        while (!_toClient.Reader.TryRead(out result))
        {
            if (Environment.TickCount64 > deadline)
            {
                throw new InvalidOperationException($"The server has sent nothing for {MaxWait} ms.");
            }

            spin.SpinOnce();
        }

        return result;
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
