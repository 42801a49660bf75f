using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols.Transport.Epoll;

/// <summary>A socket of a loop, as Kestrel takes it.</summary>
internal sealed class EpollConnection : ConnectionContext, IDuplexPipe, IConnectionEndFeature
{
    private readonly Lock _gate = new();
    private readonly EpollLoop _loop;
    private readonly AcceptBound? _bound;
    private readonly EpollReader _reader;
    private readonly EpollWriter _writer;
    private CancellationTokenSource? _closed;
    private FeatureCollection? _features;
    private IDictionary<object, object?>? _items;
    private string? _id;
    private int _file;
    private bool _isInputCompleted;
    private bool _isOutputCompleted;
    private bool _isClosed;
    private bool _isClosedRequested;

    /// <param name="file">The socket's file.</param>
    /// <param name="loop">Serves it.</param>
    /// <param name="remote">The peer.</param>
    /// <param name="local">The local endpoint.</param>
    /// <param name="bound">The limit that counts it, if there is one.</param>
    public EpollConnection(int file, EpollLoop loop, EndPoint? remote, EndPoint? local, AcceptBound? bound = null)
    {
        (_file, _loop, _bound, RemoteEndPoint, LocalEndPoint) = (file, loop, bound, remote, local);
        _reader = new EpollReader(this, loop);
        _writer = new EpollWriter(this, loop);
        Transport = this;
    }

    /// <summary>The number of its file; -1 once that is closed, and the number may be another's.</summary>
    public int File => Volatile.Read(ref _file);

    /// <summary>The loop's identifier of the connection, besides the file descriptor, which another connection may get later.</summary>
    public int Generation { get; set; }

    /// <summary>Whether nothing is left to be sent, and nothing more will be.</summary>
    public bool IsDrained => Volatile.Read(ref _isOutputCompleted) || Volatile.Read(ref _isClosed);

    public bool IsHeldUp => _loop.IsHeldUp;

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

    /// <summary>
    /// Fires when the peer has ended its direction or is gone, as it does on Kestrel's sockets; when both directions were completed; and when
    /// the connection was aborted.
    /// </summary>
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
        set => throw new NotSupportedException("The transport sets ConnectionClosed itself.");
    }

    /// <summary>Under the reader's lock, and only until it is completed: then the file may be closed.</summary>
    public nint Receive(Span<byte> buffer) => LibC.Receive(File, ref buffer[0], buffer.Length, 0);

    /// <summary>Under the writer's lock, and only until it is aborted.</summary>
    public nint Send(Span<byte> bytes) => LibC.Send(File, ref bytes[0], bytes.Length, LibC.MessageNoSignal);

    /// <summary>The events of the socket that the loop received.</summary>
    public void Ready(uint events)
    {
        if ((events & (LibC.EpollOut | LibC.EpollError | LibC.EpollHangUp)) != 0)
        {
            _writer.Ready();
        }

        // A continuation may have disposed the connection. The reader knows that.
        const uint HungUp = LibC.EpollPeerHangUp | LibC.EpollHangUp | LibC.EpollError;
        if ((events & (LibC.EpollIn | LibC.EpollUrgent | HungUp)) != 0)
        {
            _reader.Ready(hungUp: (events & HungUp) != 0, hasUrgent: (events & LibC.EpollUrgent) != 0);
        }

        if ((events & HungUp) != 0)
        {
            // A handler that neither reads nor writes waits for this token alone.
            RequestClosed();
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

            // By a FIN the peer would take a response that was cut off for a whole one.
            LibC.Reset(File);
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
        // From here on no thread sends or receives any more. Only then the file may be closed.
        _writer.Abort();
        lock (_gate)
        {
            if (_isClosed)
            {
                return;
            }

            _isClosed = true;
            _loop.Remove(this);
            _ = LibC.Close(_file);
            Volatile.Write(ref _file, -1);
        }

        _bound?.Leave();
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
        bool isAsked;
        lock (_gate)
        {
            if (_isClosedRequested)
            {
                return;
            }

            _isClosedRequested = true;
            isAsked = _closed is not null;
        }

        if (isAsked)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static connection => connection.TellClosed(), this, preferLocal: false);
        }
    }

    private void TellClosed()
    {
        try
        {
            _closed!.Cancel();
        }
#pragma warning disable CA1031 // It is the application's, and would end the process.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _loop.EndCallbackFailed(exception, this);
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
        features.Set<IConnectionEndFeature>(this);
        return features;
    }
}
