using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols.Transport.Epoll;

/// <summary>The Kestrel connection of a socket that an epoll loop serves.</summary>
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

    /// <param name="file">The socket's file descriptor.</param>
    /// <param name="loop">The loop that serves the connection.</param>
    /// <param name="remote">The peer's endpoint.</param>
    /// <param name="local">The listener's endpoint.</param>
    /// <param name="bound">The limit that counts the connection, if there is one.</param>
    public EpollConnection(int file, EpollLoop loop, EndPoint? remote, EndPoint? local, AcceptBound? bound = null)
    {
        (_file, _loop, _bound, RemoteEndPoint, LocalEndPoint) = (file, loop, bound, remote, local);
        _reader = new EpollReader(this, loop);
        _writer = new EpollWriter(this, loop);
        Transport = this;
    }

    /// <summary>The file descriptor; -1 after it is closed, because its number may then belong to another file.</summary>
    public int File => Volatile.Read(ref _file);

    /// <summary>
    /// The number that identifies the connection to its loop, together with the file descriptor: the kernel reuses descriptors.
    /// </summary>
    public int Generation { get; set; }

    /// <summary>Whether everything was sent, and nothing more will be sent.</summary>
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
    /// Is cancelled when the peer has ended its direction or is gone, like with Kestrel's socket transport; when both directions are
    /// completed; and when the connection is aborted.
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

    /// <summary>
    /// Receives bytes. The caller holds the reader's lock, and the reader isn't completed: after that the file descriptor may be closed.
    /// </summary>
    public nint Receive(Span<byte> buffer) => LibC.Receive(File, ref buffer[0], buffer.Length, 0);

    /// <summary>Sends bytes. The caller holds the writer's lock, and the writer isn't aborted.</summary>
    public nint Send(Span<byte> bytes) => LibC.Send(File, ref bytes[0], bytes.Length, LibC.MSG_NOSIGNAL);

    /// <summary>Handles the socket's events. The loop calls it.</summary>
    public void Ready(uint events)
    {
        if ((events & (LibC.EPOLLOUT | LibC.EPOLLERR | LibC.EPOLLHUP)) != 0)
        {
            _writer.Ready();
        }

        // A continuation of the writer may have disposed the connection. The reader checks for that.
        const uint HungUp = LibC.EPOLLRDHUP | LibC.EPOLLHUP | LibC.EPOLLERR;
        if ((events & (LibC.EPOLLIN | LibC.EPOLLPRI | HungUp)) != 0)
        {
            _reader.Ready(hungUp: (events & HungUp) != 0, hasUrgent: (events & LibC.EPOLLPRI) != 0);
        }

        if ((events & HungUp) != 0)
        {
            // A handler that neither reads nor writes learns of it only by this token.
            RequestClosed();
        }
    }

    /// <summary>The reader is completed. Bytes that the peer still sends stay in the kernel.</summary>
    public void InputCompleted() => Complete(ref _isInputCompleted);

    /// <summary>Everything was sent: sends a FIN to the peer, which may still send.</summary>
    public void OutputCompleted()
    {
        lock (_gate)
        {
            if (!_isClosed)
            {
                _ = LibC.Shutdown(File, LibC.SHUT_WR);
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

            // A reset, not a FIN: after a FIN the peer would take a truncated response for a complete one.
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
        // From here on no thread sends or receives any more. Only then may the file descriptor be closed.
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
