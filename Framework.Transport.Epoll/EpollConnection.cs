using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace UpgradeProtocols.Transport.Epoll;

/// <summary>A socket of a loop, as Kestrel takes it.</summary>
internal sealed class EpollConnection : ConnectionContext, IDuplexPipe
{
    private readonly Lock _gate = new();
    private readonly EpollLoop _loop;
    private readonly EpollReader _reader;
    private readonly EpollWriter _writer;
    private CancellationTokenSource? _closed;
    private FeatureCollection? _features;
    private IDictionary<object, object?>? _items;
    private string? _id;
    private bool _isInputCompleted;
    private bool _isOutputCompleted;
    private bool _isClosed;
    private bool _isClosedRequested;

    public EpollConnection(int file, EpollLoop loop, EndPoint? remote, EndPoint? local)
    {
        (File, _loop, RemoteEndPoint, LocalEndPoint) = (file, loop, remote, local);
        _reader = new EpollReader(this, loop);
        _writer = new EpollWriter(this, loop);
        Transport = this;
    }

    public int File { get; }

    public PipeReader Input => _reader;

    public PipeWriter Output => _writer;

    public override IDuplexPipe Transport { get; set; }

    public override EndPoint? RemoteEndPoint { get; set; }

    public override EndPoint? LocalEndPoint { get; set; }

    public override string ConnectionId
    {
        get => _id ??= ConnectionIds.Next();
        set => _id = value;
    }

    public override IDictionary<object, object?> Items
    {
        get => _items ??= new ConnectionItems();
        set => _items = value;
    }

    public override IFeatureCollection Features => _features ??= CreateFeatures();

    /// <summary>Fires when both directions have ended, or the connection was aborted.</summary>
    public override CancellationToken ConnectionClosed
    {
        get
        {
            lock (_gate)
            {
                if (_closed is null)
                {
                    _closed = new CancellationTokenSource();
                    if (_isClosedRequested)
                    {
                        _closed.Cancel();
                    }
                }

                return _closed.Token;
            }
        }
        set => throw new NotSupportedException("The transport tells when a connection is closed.");
    }

    public nint Receive(Span<byte> buffer) => LibC.Receive(File, ref buffer[0], buffer.Length, 0);

    public nint Send(Span<byte> bytes) => LibC.Send(File, ref bytes[0], bytes.Length, LibC.MessageNoSignal);

    /// <summary>What the loop has heard of the socket.</summary>
    public void Ready(uint events)
    {
        if ((events & (LibC.EpollOut | LibC.EpollError | LibC.EpollHangUp)) != 0)
        {
            _writer.Ready();
        }

        var hungUp = events & (LibC.EpollPeerHangUp | LibC.EpollHangUp | LibC.EpollError);
        if ((events & LibC.EpollIn) != 0 || hungUp != 0)
        {
            _reader.Ready(hungUp != 0);
        }
    }

    /// <summary>The reader is done; what the peer still sends is left to the kernel.</summary>
    public void InputCompleted() => Complete(ref _isInputCompleted);

    /// <summary>Everything was sent: the peer gets its FIN, and may still send.</summary>
    public void OutputCompleted()
    {
        lock (_gate)
        {
            if (!_isClosed)
            {
                _ = LibC.Shutdown(File, LibC.ShutWrite);
            }
        }

        Complete(ref _isOutputCompleted);
    }

    public override void Abort(ConnectionAbortedException abortReason)
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return;
            }

            _ = LibC.Shutdown(File, LibC.ShutBoth);
        }

        _reader.Abort(abortReason);
        _writer.Abort();
        RequestClosed();
    }

    public override async ValueTask DisposeAsync()
    {
        _reader.Complete();
        _writer.Complete();
        await _writer.DrainAsync();
        lock (_gate)
        {
            if (_isClosed)
            {
                return;
            }

            _isClosed = true;
            _loop.Remove(this);
            _ = LibC.Close(File);
        }

        RequestClosed();
        await base.DisposeAsync();
    }

    private void Complete(ref bool direction)
    {
        lock (_gate)
        {
            direction = true;
            if (!_isInputCompleted || !_isOutputCompleted)
            {
                return;
            }
        }

        RequestClosed();
    }

    private void RequestClosed()
    {
        CancellationTokenSource? closed;
        lock (_gate)
        {
            if (_isClosedRequested)
            {
                return;
            }

            _isClosedRequested = true;
            closed = _closed;
        }

        if (closed is not null)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static closed => closed.Cancel(), closed, preferLocal: false);
        }
    }

    private FeatureCollection CreateFeatures()
    {
        var features = new FeatureCollection(4);
        var view = new ConnectionFeatures(this);
        features.Set<Microsoft.AspNetCore.Connections.Features.IConnectionIdFeature>(view);
        features.Set<Microsoft.AspNetCore.Connections.Features.IConnectionItemsFeature>(view);
        features.Set<Microsoft.AspNetCore.Connections.Features.IConnectionTransportFeature>(view);
        features.Set<Microsoft.AspNetCore.Connections.Features.IConnectionLifetimeFeature>(view);
        features.Set<Microsoft.AspNetCore.Connections.Features.IConnectionEndPointFeature>(view);
        features.Set<Microsoft.AspNetCore.Connections.Features.IMemoryPoolFeature>(view);
        return features;
    }
}
