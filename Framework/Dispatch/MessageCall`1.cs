using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Microsoft.Extensions.DependencyInjection;

namespace UpgradeProtocols.Runtime;

/// <summary>A message during its dispatch: generated code reads its payload here and hands the method's result back.</summary>
/// <typeparam name="TFormat">The message format.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public ref partial struct MessageCall<TFormat>
    where TFormat : struct, IMessageFormat
{
    private readonly MessageProcessor<TFormat> _processor;
    private readonly MessageEnvelope _envelope;
    private AnswerPath _path;
    private readonly bool _isAllowed;
    private CallResources _resources;
    private int _replyTag;
    private bool _hasReplyTag;

    internal MessageCall(
        MessageProcessor<TFormat> processor, in MessageEnvelope envelope, MessageKind kind, in AnswerPath path, in MessageObservation observation, bool isAllowed)
    {
        _resources.Path = path;
        _resources.Observation = observation;
        _path = path;
        _isAllowed = isAllowed;
        _processor = processor;
        _envelope = envelope;
        Kind = kind;
        _replyTag = envelope.Tag;

        // The filters' registration belongs to the message's context.
        _resources.Active = path.Context is null ? path.Active : null;
    }

    /// <summary>The message's name in UTF-8.</summary>
    public readonly ReadOnlySpan<byte> Name => _envelope.Name;

    /// <summary>The message's numeric tag.</summary>
    public readonly int Tag => _envelope.Tag;

    /// <summary>The tag of the reply: the message's own unless the method's attribute sets another.</summary>
    public int ReplyTag
    {
        readonly get => _replyTag;
        set => (_replyTag, _hasReplyTag) = (value, true);
    }

    /// <summary>Whether the message is text or binary.</summary>
    public MessageKind Kind { get; }

    /// <summary>The payload's bytes, valid until the dispatch returns.</summary>
    public readonly ReadOnlySpan<byte> Payload => _envelope.Payload;

    /// <summary>The connection.</summary>
    public readonly UpgradeConnection Connection => _processor.Connection;

    /// <summary>
    /// A token that is cancelled when the peer cancels the call, or the connection closes. A message without an id can't be cancelled.
    /// </summary>
    public CancellationToken Cancelled
    {
        get
        {
            if (Id.IsEmpty)
            {
                return _processor.Conversation.Closed;
            }

            if (_path.Active is null)
            {
                _resources.Active = _processor.BeginCall(Id);
                _path = _path with { Active = _resources.Active };
                _resources.Path = _path;
            }

            return _path.Active.Token;
        }
    }

    /// <summary>The message's id, for a parameter.</summary>
    public readonly MessageId MessageId => Id.IsEmpty ? default : new MessageId(Encoding.UTF8.GetString(Id));

    /// <summary>The message's name, for a parameter.</summary>
    public readonly MessageName MessageName => new(Encoding.UTF8.GetString(Name));

    /// <summary>The message's tag, for a parameter.</summary>
    public readonly MessageTag MessageTag => new(Tag);

    /// <summary>
    /// The pending authorization of the message, if the result isn't known at once: the message is dispatched again when it is.
    /// </summary>
    internal Task<bool>? Access { get; private set; }

    internal readonly ReadOnlySpan<byte> Id => _envelope.Id;

    internal readonly AnswerPath Path => _path;

    /// <summary>Whether the call holds no resources.</summary>
    internal readonly bool IsEmpty => _resources.IsEmpty;

    /// <summary>Checks whether the connection's user may send the message. If not, the message gets an error reply.</summary>
    /// <param name="rule">The authorization rule.</param>
    /// <returns>Whether the dispatch continues now.</returns>
    public bool IsAllowed(AccessRule rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        if (_isAllowed)
        {
            return true;
        }

        var access = rule.AllowsAsync(Connection);
        if (!access.IsCompleted)
        {
            Access = access.AsTask();
            return false;
        }

        var isAllowed = access.GetAwaiter().GetResult();
        if (!isAllowed)
        {
            _processor.Forbid(_envelope, _path);
        }

        return isAllowed;
    }

    /// <summary>Reads the payload. If it has the wrong shape, the message gets an error reply.</summary>
    /// <typeparam name="T">The payload's type.</typeparam>
    /// <param name="serializer">The payload's serializer.</param>
    /// <param name="value">The payload.</param>
    /// <returns>Whether the payload was read.</returns>
    public readonly bool TryRead<T>(PayloadSerializer<T> serializer, [NotNullWhen(true)] out T? value)
    {
        if (!TryReadNullable(serializer, out value))
        {
            // The default of a number or a struct isn't null, so the caller needs the return value too.
            return false;
        }

        if (value is null)
        {
            _processor.Answer(Id, MessageErrorKind.InvalidPayload, "The payload is null.", _path);
        }

        return value is not null;
    }

    /// <summary>Reads a payload that may be null. If it has the wrong shape, the message gets an error reply.</summary>
    /// <typeparam name="T">The payload's type.</typeparam>
    /// <param name="serializer">The payload's serializer.</param>
    /// <param name="value">The payload.</param>
    /// <returns>Whether the payload was read.</returns>
    public readonly bool TryReadNullable<T>(PayloadSerializer<T> serializer, out T? value)
    {
        ArgumentNullException.ThrowIfNull(serializer);
        try
        {
            value = serializer.Read(Payload);
            if (_path.Context is { } context && value is not null)
            {
                context.Validate(value);
            }

            return true;
        }
        catch (PayloadException e)
        {
            _processor.Answer(Id, MessageErrorKind.InvalidPayload, e.Message, _path);
            value = default;
            return false;
        }
    }

    /// <summary>Copies the payload to pooled memory that lives until the method's task ends.</summary>
    /// <returns>The payload.</returns>
    public ReadOnlyMemory<byte> Rent()
    {
        _resources.Rented = BufferPool<byte>.Shared.Rent(Payload.Length);
        Payload.CopyTo(_resources.Rented);
        return _resources.Rented.AsMemory(0, Payload.Length);
    }

    /// <summary>Gets a service from the message's scope, which lives until the method's task ends.</summary>
    /// <typeparam name="T">The service's type.</typeparam>
    /// <returns>The service.</returns>
    public T Service<T>()
        where T : notnull => Scope().GetRequiredService<T>();

    /// <summary>Gets a keyed service from the message's scope, which lives until the method's task ends.</summary>
    /// <typeparam name="T">The service's type.</typeparam>
    /// <param name="key">The service's key.</param>
    /// <returns>The service.</returns>
    public T KeyedService<T>(object? key)
        where T : notnull => Scope().GetRequiredKeyedService<T>(key);

    /// <summary>Completes a method that returned without a result: the peer gets an empty reply if it asked for one.</summary>
    /// <returns>The dispatch's task.</returns>
    public ValueTask Done() => _resources.IsEmpty ? _processor.ReplyEmpty(Id, _replyTag, _path, _hasReplyTag) : Done(ValueTask.CompletedTask);

    /// <summary>Completes a method that returned a task without a result.</summary>
    /// <param name="task">The method's task.</param>
    /// <returns>The dispatch's task.</returns>
    public ValueTask Done(ValueTask task)
    {
        if (task.IsCompletedSuccessfully && _resources.IsEmpty)
        {
            task.GetAwaiter().GetResult();
            return _processor.ReplyEmpty(Id, _replyTag, _path, _hasReplyTag);
        }

        return _processor.AwaitDone(task, Keep());
    }

    /// <summary>Completes a method that returned a task without a result.</summary>
    /// <param name="task">The method's task.</param>
    /// <returns>The dispatch's task.</returns>
    public ValueTask Done(Task task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return Done(new ValueTask(task));
    }

    /// <summary>Completes a method whose task has the result of a send, which isn't a reply.</summary>
    /// <param name="task">The method's task.</param>
    /// <returns>The dispatch's task.</returns>
    public ValueTask Done(ValueTask<SendResult> task)
    {
        if (task.IsCompletedSuccessfully && _resources.IsEmpty)
        {
            _ = task.GetAwaiter().GetResult();
            return _processor.ReplyEmpty(Id, _replyTag, _path, _hasReplyTag);
        }

        return _processor.AwaitDone(new ValueTask(task.AsTask()), Keep());
    }

    /// <summary>Completes a method that returned its reply.</summary>
    /// <typeparam name="T">The reply's type.</typeparam>
    /// <param name="reply">The reply.</param>
    /// <param name="serializer">The reply's serializer.</param>
    /// <returns>The dispatch's task.</returns>
    public ValueTask Reply<T>(T reply, PayloadSerializer<T> serializer) =>
        _resources.IsEmpty ? _processor.Reply(Id, ReplyTag, reply, serializer, _path) : Reply(new ValueTask<T>(reply), serializer);

    /// <summary>Completes a method that returned a task of its reply.</summary>
    /// <typeparam name="T">The reply's type.</typeparam>
    /// <param name="task">The method's task.</param>
    /// <param name="serializer">The reply's serializer.</param>
    /// <returns>The dispatch's task.</returns>
    public ValueTask Reply<T>(ValueTask<T> task, PayloadSerializer<T> serializer) =>
        task.IsCompletedSuccessfully && _resources.IsEmpty
            ? _processor.Reply(Id, ReplyTag, task.GetAwaiter().GetResult(), serializer, _path)
            : _processor.AwaitReply(task, serializer, Keep());

    /// <summary>Completes a method that returned a task of its reply.</summary>
    /// <typeparam name="T">The reply's type.</typeparam>
    /// <param name="task">The method's task.</param>
    /// <param name="serializer">The reply's serializer.</param>
    /// <returns>The dispatch's task.</returns>
    public ValueTask Reply<T>(Task<T> task, PayloadSerializer<T> serializer) => Reply(new ValueTask<T>(task), serializer);

    /// <summary>Registers the call as a stream, which the peer can cancel by its id.</summary>
    /// <param name="stream">The stream, for the method's token and <see cref="Stream{T}"/>.</param>
    /// <returns>Whether the stream may start; otherwise the message got an error reply.</returns>
    public bool TryOpenStream([NotNullWhen(true)] out MessageStream? stream)
    {
        if (!_processor.TryOpenStream(Id, out stream, _path))
        {
            return false;
        }

        // Until the stream is started it belongs to the call: the method may fail before it returns one.
        _resources.Unstarted = stream;
        return true;
    }

    /// <summary>Completes a method that returned a stream: it is sent while the next messages are dispatched.</summary>
    /// <typeparam name="T">The items' type.</typeparam>
    /// <param name="items">The items.</param>
    /// <param name="stream">The stream that <see cref="TryOpenStream"/> returned.</param>
    /// <param name="serializer">The items' serializer.</param>
    /// <returns>The dispatch's task.</returns>
    public ValueTask Stream<T>(IAsyncEnumerable<T> items, MessageStream stream, PayloadSerializer<T> serializer)
    {
        ArgumentNullException.ThrowIfNull(items);
        _resources.Unstarted = null;
        return _processor.StartStream(items, stream, serializer, Name, Keep());
    }

    /// <summary>Lets the next message be dispatched while this one is handled, up to the limit of concurrent messages.</summary>
    /// <param name="task">The dispatch's task.</param>
    /// <returns>A task that ends when the next message may be dispatched.</returns>
    public readonly ValueTask Detach(ValueTask task) => _path.Context is { } context ? context.LeaveQueue(task) : _processor.Detach(task, Name, _path);

    /// <summary>No method accepts the message: it gets an error reply.</summary>
    /// <returns>The dispatch's task.</returns>
    public ValueTask Unknown()
    {
        _resources.Observation.IsUnknown();
        if (_path.Context is { } context)
        {
            context.IsUnknown = true;
        }

        return _processor.AnswerUnknown(_envelope, _path);
    }

    /// <summary>The message is text where binary is declared, or the reverse: the connection closes with 1003 (RFC 6455 §7.4.1).</summary>
    /// <returns>The dispatch's task.</returns>
    public readonly ValueTask WrongKind() => _processor.RefuseKind(Kind);

    /// <summary>Ends the measurement of a call that has no task.</summary>
    internal void End(Exception? failure)
    {
        _resources.Observation.IsKnown(Name, Tag);
        _resources.Observation.End(failure);
    }

    // The frame isn't valid after the dispatch returns: an unfinished call copies the parts that it needs.
    internal KeptCall Keep()
    {
        _resources.Observation.IsKnown(Name, Tag);
        var kept = new KeptCall(Id.IsEmpty ? [] : Id.ToArray(), _replyTag, _hasReplyTag, _resources);
        _resources = default;
        return kept;
    }

    private IServiceProvider Scope()
    {
        _resources.Scope ??= Connection.Services.CreateAsyncScope();
        return _resources.Scope.Value.ServiceProvider;
    }
}
