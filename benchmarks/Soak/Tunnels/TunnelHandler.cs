using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;

namespace UpgradeProtocols.Soak;

/// <summary>
/// Two independent directions, each with its own pattern. The tunnel ends in the way that its client requests, mostly while one of
/// the directions is still pending.
/// </summary>
[UpgradeProtocol("tunnel/1", Kind = UpgradeKind.Raw, Path = "/tunnel")]
internal sealed class TunnelHandler(Tunnels tunnels, Lives lives)
{
    public const int HeadSize = 5;

    // More than the kernel holds for a peer that doesn't read.
    private const int Flood = 16 << 20;

    private readonly Life _life = new(lives);
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _cancellation = new();
    private PipeReader _input = null!;
    private PipeWriter _output = null!;
    private Random _random = null!;
    private TunnelEnd _end;
    private uint _id;
    private bool _isOver;

    [OnConnected]
    public void Connected(UpgradeConnection connection) => _life.Begin(connection);

    [OnUpgraded]
    public async Task RunAsync(IDuplexPipe pipe, UpgradeConnection connection)
    {
        (_input, _output) = (pipe.Input, pipe.Output);
        var head = await _input.ReadAtLeastAsync(HeadSize);
        if (head.Buffer.Length < HeadSize)
        {
            return;
        }

        ReadHead(head.Buffer.Slice(0, HeadSize));
        _input.AdvanceTo(head.Buffer.GetPosition(HeadSize));
        tunnels.Began();
        var inward = tunnels.WatchAsync(ReceiveAsync());
        var outward = tunnels.WatchAsync(SendAsync());
        try
        {
            await EndAsync(connection, inward, outward);
        }
        finally
        {
            lock (_gate)
            {
                _isOver = !tunnels.SurvivesDisposal;
            }
        }
    }

    [OnDisconnected]
    public void Disconnected(CloseInfo close) => _life.End(close);

    private void ReadHead(in ReadOnlySequence<byte> head)
    {
        Span<byte> bytes = stackalloc byte[HeadSize];
        head.CopyTo(bytes);
        (_id, _end) = (BinaryPrimitives.ReadUInt32LittleEndian(bytes), (TunnelEnd)bytes[4]);
        _random = new Random((int)_id);
    }

    private async Task EndAsync(UpgradeConnection connection, Task inward, Task outward)
    {
        switch (_end)
        {
            case TunnelEnd.WhenOneHasEnded:
                await Task.WhenAny(inward, outward);
                break;
            case TunnelEnd.Throw:
                await outward;
                throw new TunnelException();
            case TunnelEnd.Abort:
                await outward;
                connection.Abort();
                break;
            case TunnelEnd.Cancel:
                await outward;
                _ = _cancellation.CancelAsync();
                _input.CancelPendingRead();
                break;
            case TunnelEnd.FlushWaits or TunnelEnd.AbortWhileFlushWaits:
                await Task.WhenAny(inward, outward, Task.Delay(_random.Next(20, 100)));
                if (_end == TunnelEnd.AbortWhileFlushWaits)
                {
                    connection.Abort();
                }

                break;
            default:
                await Task.WhenAll(inward, outward);
                break;
        }
    }

    private async Task ReceiveAsync()
    {
        var pattern = new Pattern(2 * _id);
        for (var position = 0L; ;)
        {
            var read = await _input.ReadAsync(_cancellation.Token);
            Use(() =>
            {
                if (!pattern.Matches(read.Buffer, position))
                {
                    tunnels.Foreign($"Tunnel {_id} ({_end}) read foreign bytes after {position} bytes.");
                }

                position += read.Buffer.Length;
                _input.AdvanceTo(read.Buffer.End);
            });
            if (read.IsCompleted || read.IsCanceled)
            {
                return;
            }
        }
    }

    /// <summary>
    /// Checks the read bytes, or writes. On Kestrel's transport, another connection may own the memory as soon as the handler has ended.
    /// </summary>
    private void Use(Action memory)
    {
        if (tunnels.SurvivesDisposal)
        {
            memory();
            return;
        }

        lock (_gate)
        {
            (_isOver ? throw new OperationCanceledException() : memory)();
        }
    }

    private async Task SendAsync()
    {
        var pattern = new Pattern(2 * _id + 1);
        var floods = _end is TunnelEnd.FlushWaits or TunnelEnd.AbortWhileFlushWaits;
        var total = floods ? Flood : _random.Next(200_000);
        var none = Task.FromResult(default(FlushResult));
        var flush = none;
        for (var position = 0L; position < total;)
        {
            // Some bytes are written while the previous flush is still in progress.
            var count = _random.Next(1, 3000);
            if (_random.Next(2) == 0)
            {
                await flush;
                flush = none;
            }

            var start = position;
            Use(() =>
            {
                pattern.Fill(_output.GetSpan(count)[..count], start);
                _output.Advance(count);
            });
            position += count;
            if ((await flush).IsCompleted)
            {
                return;
            }

            flush = _output.FlushAsync().AsTask();
        }

        await flush;
        if (_end == TunnelEnd.ServerCloses)
        {
            await _output.CompleteAsync();
        }
    }
}
