using System.IO.Pipelines;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace UpgradeProtocols.ScaleOut;

/// <summary>A node whose clients are in memory and only count messages, so that the result measures the nodes and Redis.</summary>
internal sealed class Node : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly UpgradeEngine _engine;
    private readonly CountingWriter _written = new();

    private Node(IHost host)
    {
        _host = host;
        _engine = host.Services.GetRequiredService<UpgradeEngine>();
    }

    /// <summary>The number of messages sent to clients.</summary>
    public long Delivered => _written.Messages;

    public IClients<INewsEvents> Clients => _host.Services.GetRequiredService<IClients<INewsEvents>>();

    public BackplaneStatus? Status => _host.Services.GetService<IBackplaneMonitor>()?.Status;

    /// <summary>The callback for each frame that the node sends to a client.</summary>
    public Action<ReadOnlySpan<byte>>? Written
    {
        set => _written.Written = value;
    }

    public static async Task<Node> StartAsync(string? redis, Action<BackplaneOptions>? configure = null, int? maxOutboundBytes = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        var protocols = builder.Services.AddUpgradeProtocols();

        // The clients never reply.
        builder.Services.Configure<UpgradeOptions>(options =>
        {
            options.KeepAliveInterval = Timeout.InfiniteTimeSpan;
            options.MaxOutboundBytes = maxOutboundBytes ?? options.MaxOutboundBytes;
        });
        if (redis is not null)
        {
            protocols.AddRedis(redis);
        }

        if (configure is not null)
        {
            builder.Services.Configure(configure);
        }

        var host = builder.Build();
        await host.StartAsync();
        return new Node(host);
    }

    /// <summary>Connects a client that joins a group.</summary>
    /// <param name="group">The group.</param>
    /// <param name="reads">Whether the client reads its messages.</param>
    public async Task ConnectAsync(string group, bool reads = true)
    {
        var input = new Pipe();
        await input.Writer.WriteAsync(Encoding.ASCII.GetBytes(
            "GET /news HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: news.v1\r\n\r\n"));
        var before = _engine.Hub.Everyone.Count;
        _ = _engine.ServeAsync(new HttpTransport(new Duplex(input.Reader, new CountingPipe(_written, reads)), default));
        while (_engine.Hub.Everyone.Count == before)
        {
            await Task.Yield();
        }

        await _engine.Hub.Everyone.ToArray()[^1].JoinAsync(group);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    private sealed class CountingWriter
    {
        private long _messages;

        public long Messages => Volatile.Read(ref _messages);

        public Action<ReadOnlySpan<byte>>? Written { get; set; }

        public void Add(ReadOnlySpan<byte> frame)
        {
            Interlocked.Increment(ref _messages);
            Written?.Invoke(frame);
        }
    }

    // The server writes each frame in one piece, to the start of the buffer.
    private sealed class CountingPipe(CountingWriter written, bool reads) : PipeWriter
    {
        private const int Opcode = 0x0F;
        private const int Text = 1;

        // A client that doesn't read still takes the upgrade response.
        private readonly TaskCompletionSource<FlushResult> _stuck = new();
        private byte[] _buffer = new byte[256];
        private int _flushes;

        public override void Advance(int bytes)
        {
            if (bytes > 0 && (_buffer[0] & Opcode) == Text)
            {
                written.Add(_buffer.AsSpan(0, bytes));
            }
        }

        public override void CancelPendingFlush()
        {
        }

        public override void Complete(Exception? exception = null)
        {
        }

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
            reads || ++_flushes == 1 ? default : new(_stuck.Task);

        public override Memory<byte> GetMemory(int sizeHint = 0)
        {
            if (_buffer.Length < sizeHint)
            {
                _buffer = new byte[sizeHint];
            }

            return _buffer;
        }

        public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
    }
}
