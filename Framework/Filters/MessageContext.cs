using System.Text;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>A message that passes through the filters. It is valid until it has been handled.</summary>
public sealed class MessageContext
{
    private readonly MessageProcessor _processor;
    private readonly MessageBatch? _batch;
    private readonly ActiveCall? _call;
    private readonly Lock _gate = new();
    private readonly int _length;
    private readonly int _nameLength;
    private byte[] _buffer;
    private TaskCompletionSource? _leftQueue;
    private string? _name;
    private MessageStream? _kept;
    private volatile Progress _progress;
    private bool _isDispatched;
    private bool _hasLeftQueue;

    internal MessageContext(MessageProcessor processor, ReadOnlySpan<byte> message, in MessageEnvelope envelope, MessageKind kind, MessageBatch? batch, ActiveCall? call)
    {
        _batch = batch;
        _call = call;
        _processor = processor;
        _length = message.Length;
        _nameLength = envelope.Name.Length;
        Kind = kind;
        Tag = envelope.Tag;

        // A filter may reply after its task has ended, when the buffer already has another owner: the id is copied to its own array.
        IdBytes = envelope.Id.IsEmpty ? default : envelope.Id.ToArray();

        // The frame's memory is no longer valid once the first filter awaits: the message, its name and the payload are copied. A format
        // may have unescaped a part, so that it isn't a slice of the message.
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

        /// <summary>Items of a stream have been sent; the stream's end is the reply.</summary>
        Streaming,

        Answered,
    }

    /// <summary>The connection that received the message.</summary>
    public UpgradeConnection Connection => _processor.Connection;

    /// <summary>The message's name; empty in formats without names. It comes from the peer and may be undeclared.</summary>
    public string Name
    {
        get
        {
            // After the message has been handled the buffer has another owner.
            lock (_gate)
            {
                return _name ??= _buffer.Length == 0 ? "" : Encoding.UTF8.GetString(_buffer, _length, _nameLength);
            }
        }
    }

    /// <summary>The message's id, exactly as the peer wrote it; empty if it has none.</summary>
    public MessageId Id => IdBytes.IsEmpty ? default : new MessageId(Encoding.UTF8.GetString(IdBytes.Span));

    /// <summary>
    /// A token that is cancelled when the peer cancels the message, or the connection closes. The method's own token is the same.
    /// </summary>
    public CancellationToken Cancelled => _call?.Token ?? Connection.Closed;

    /// <summary>The message's numeric tag, in formats that have tags; otherwise 0.</summary>
    public int Tag { get; }

    /// <summary>Whether the message is text or binary.</summary>
    public MessageKind Kind { get; }

    /// <summary>The payload's bytes, as received. Copy them to keep them beyond the message's lifetime.</summary>
    public ReadOnlyMemory<byte> Payload { get; }

    /// <summary>Whether the peer waits for a reply.</summary>
    public bool IsRequest => !IdBytes.IsEmpty;

    /// <summary>
    /// Whether no method handles the message. It is set when <c>next</c> has ended; the peer has been notified by then.
    /// </summary>
    public bool IsUnknown { get; internal set; }

    internal ReadOnlyMemory<byte> IdBytes { get; }

    /// <summary>The way of the message's answers.</summary>
    internal AnswerPath Path => new(this, _batch, _call, Tag);

    /// <summary>Whether the peer has its reply. It gets only one, even if a filter replies after the method.</summary>
    internal bool IsAnswered => _progress == Progress.Answered;

    /// <summary>A stream that has ended but not yet notified the peer: the filters see its end first.</summary>
    internal MessageStream? Kept => _kept;

    internal ReadOnlySpan<byte> Message => _buffer.AsSpan(0, _length);

    /// <summary>
    /// Ends when the next message may be handled concurrently with this one: it is declared concurrent, or it is a stream.
    /// </summary>
    internal Task LeftQueue
    {
        get
        {
            lock (_gate)
            {
                _leftQueue ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                if (_hasLeftQueue)
                {
                    _leftQueue.TrySetResult();
                }

                return _leftQueue.Task;
            }
        }
    }

    internal bool HasLeftQueue => Volatile.Read(ref _hasLeftQueue);

    /// <summary>
    /// Replies instead of the handler if the peer waits for a reply. It does nothing if the peer doesn't wait or already has a reply. The
    /// type must be known to the protocol's <c>JsonSerializerContext</c>.
    /// </summary>
    /// <typeparam name="T">The reply's type.</typeparam>
    /// <param name="reply">The reply.</param>
    /// <returns>A task that ends when the reply has been accepted for sending.</returns>
    public ValueTask ReplyAsync<T>(T reply)
    {
        var codec = Connection.Entry.Codec
            ?? throw new InvalidOperationException($"{Connection.Entry.DisplayName} has no codec for {typeof(T)}.");
        return _progress == Progress.Unanswered ? _processor.ReplyAsync(this, reply, codec.GetSerializer<T>()) : default;
    }

    /// <summary>Claims the reply; returns whether it is the first.</summary>
    internal bool TryAnswer() => Interlocked.Exchange(ref _progress, Progress.Answered) != Progress.Answered;

    /// <summary>Releases the claim: the reply couldn't be sent.</summary>
    internal void TakeBackAnswer() => _progress = Progress.Unanswered;

    /// <summary>Whether an item of a stream may be sent.</summary>
    internal bool TryBeginStream() =>
        Interlocked.CompareExchange(ref _progress, Progress.Streaming, Progress.Unanswered) != Progress.Answered;

    internal void Keep(MessageStream stream) => _kept = stream;

    internal bool Keeps(MessageStream stream) => ReferenceEquals(_kept, stream);

    internal void Validate(object payload)
    {
        foreach (var validator in _processor.Validators)
        {
            validator.Validate(this, payload);
        }
    }

    internal ValueTask LeaveQueue(ValueTask task)
    {
        lock (_gate)
        {
            _hasLeftQueue = true;
            _leftQueue?.TrySetResult();
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
        _call?.Dispose();
        BufferPool<byte>.Shared.Return(buffer);
    }
}
