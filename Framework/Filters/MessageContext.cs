using System.Text;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>A message on its way through the filters. It is valid until it has been handled.</summary>
public sealed class MessageContext
{
    private readonly MessageProcessor _processor;
    private readonly Lock _gate = new();
    private readonly int _length;
    private readonly int _nameLength;
    private byte[] _buffer;
    private TaskCompletionSource? _leftLane;
    private string? _name;
    private MessageStream? _kept;
    private volatile Progress _progress;
    private bool _isDispatched;
    private bool _hasLeftLane;

    internal MessageContext(MessageProcessor processor, ReadOnlySpan<byte> message, in MessageEnvelope envelope, MessageKind kind)
    {
        _processor = processor;
        _length = message.Length;
        _nameLength = envelope.Name.Length;
        Kind = kind;
        Tag = envelope.Tag;

        // A filter may reply after its task has ended, when the buffer is another's.
        Id = envelope.Id.IsEmpty ? default : envelope.Id.ToArray();

        // The frame is gone when the first filter awaits: the message, its name and the payload are copied. A format may have
        // unescaped what it gave, so that it isn't a slice of the message.
        _buffer = BufferPool<byte>.Shared.Rent(message.Length + envelope.Name.Length + envelope.Payload.Length);
        message.CopyTo(_buffer);
        var rest = _buffer.AsSpan(message.Length);
        envelope.Name.CopyTo(rest);
        envelope.Payload.CopyTo(rest[_nameLength..]);
        Payload = _buffer.AsMemory(_length + _nameLength, envelope.Payload.Length);
    }

    private enum Progress
    {
        Unanswered,

        /// <summary>Items of a stream have been sent; its end is the answer.</summary>
        Streaming,

        Answered,
    }

    /// <summary>The connection that it came on.</summary>
    public UpgradeConnection Connection => _processor.Connection;

    /// <summary>Its name; empty in formats without names. It comes from the peer, and needn't be one that is declared.</summary>
    public string Name
    {
        get
        {
            // When the message has been handled the buffer is another's.
            lock (_gate)
            {
                return _name ??= _buffer.Length == 0 ? "" : Encoding.UTF8.GetString(_buffer, _length, _nameLength);
            }
        }
    }

    /// <summary>Its numeric tag, in formats that have them; else 0.</summary>
    public int Tag { get; }

    /// <summary>Whether it came as text or as binary.</summary>
    public MessageKind Kind { get; }

    /// <summary>Its payload's bytes, as they came. Whoever keeps them copies them.</summary>
    public ReadOnlyMemory<byte> Payload { get; }

    /// <summary>Whether the peer waits for a reply.</summary>
    public bool IsRequest => !Id.IsEmpty;

    /// <summary>Whether no method takes it; known when <c>next</c> has ended, and the peer has been told then.</summary>
    public bool IsUnknown { get; internal set; }

    internal ReadOnlyMemory<byte> Id { get; }

    /// <summary>Whether the peer has its answer: it gets one, whatever filters do after the method.</summary>
    internal bool IsAnswered => _progress == Progress.Answered;

    /// <summary>A stream that has ended without telling the peer: the filters know it first.</summary>
    internal MessageStream? Kept => _kept;

    internal ReadOnlySpan<byte> Message => _buffer.AsSpan(0, _length);

    /// <summary>Ends when the next message may be handled beside this one: it is declared so, or a stream.</summary>
    internal Task LeftLane
    {
        get
        {
            lock (_gate)
            {
                _leftLane ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                if (_hasLeftLane)
                {
                    _leftLane.TrySetResult();
                }

                return _leftLane.Task;
            }
        }
    }

    internal bool HasLeftLane => Volatile.Read(ref _hasLeftLane);

    /// <summary>
    /// Answers in the handler's place, where the peer waits for a reply; else, and where it has been answered, it does nothing. Its type
    /// must be known to the protocol's <c>JsonSerializerContext</c>.
    /// </summary>
    /// <typeparam name="T">The reply's type.</typeparam>
    /// <param name="reply">The reply.</param>
    /// <returns>A task that ends when the reply was taken over.</returns>
    public ValueTask ReplyAsync<T>(T reply)
    {
        var codec = Connection.Entry.Codec
            ?? throw new InvalidOperationException($"{Connection.Entry.DisplayName} has no codec for {typeof(T)}.");
        return _progress == Progress.Unanswered ? _processor.ReplyAsync(this, reply, codec.GetSerializer<T>()) : default;
    }

    /// <summary>Whether the answer that is about to be sent is the first.</summary>
    internal bool TryAnswer() => Interlocked.Exchange(ref _progress, Progress.Answered) != Progress.Answered;

    /// <summary>It couldn't be sent.</summary>
    internal void TakeBackAnswer() => _progress = Progress.Unanswered;

    /// <summary>Whether an item of a stream may be sent.</summary>
    internal bool TryBeginStream() =>
        Interlocked.CompareExchange(ref _progress, Progress.Streaming, Progress.Unanswered) != Progress.Answered;

    internal void Keep(MessageStream stream) => _kept = stream;

    internal bool Keeps(MessageStream stream) => ReferenceEquals(_kept, stream);

    internal void PayloadRead(object payload)
    {
        foreach (var filter in _processor.Filters!)
        {
            filter.PayloadRead(this, payload);
        }
    }

    internal ValueTask LeaveLane(ValueTask task)
    {
        lock (_gate)
        {
            _hasLeftLane = true;
            _leftLane?.TrySetResult();
        }

        return task;
    }

    internal void Dispatching()
    {
        if (Interlocked.Exchange(ref _isDispatched, true))
        {
            throw new InvalidOperationException("A message filter called next twice.");
        }
    }

    internal void Release()
    {
        byte[] buffer;
        lock (_gate)
        {
            buffer = _buffer;
            _buffer = [];
        }

        _kept?.Dispose();
        BufferPool<byte>.Shared.Return(buffer);
    }
}
