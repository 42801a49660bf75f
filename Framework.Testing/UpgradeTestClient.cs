using System.Runtime.CompilerServices;
using System.Text;

namespace UpgradeProtocols.Testing;

/// <summary>
/// The client's end of a WebSocket. It uses the format of the negotiated protocol and answers pings. Received messages stay in a queue
/// until a test takes them. All members are thread-safe.
/// </summary>
public sealed class UpgradeTestClient : IAsyncDisposable
{
    private readonly MemoryConnection _memory;
    private readonly ServerLog _log;
    private readonly TimeSpan _timeout;
    private readonly TestProtocolFormat _format;
    private readonly Inbox<TestMessage> _messages = new();
    private readonly Inbox<TestFrame> _frames = new();
    private readonly TaskCompletionSource<CloseInfo> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _sending = new(1);
    private volatile bool _answersPings = true;
    private TaskCompletionSource? _reading;
    private long _lastRequest;
    private bool _isClosing;

    internal UpgradeTestClient(
        MemoryConnection memory, UpgradeConnection connection, IReadOnlyDictionary<string, string> headers, ServerLog log, TimeSpan timeout)
    {
        _memory = memory;
        _log = log;
        _timeout = timeout;
        _format = new TestProtocolFormat(connection.Entry);
        Connection = connection;
        Headers = headers;
        _ = ReadAsync();
    }

    /// <summary>The server's end of the connection: its id, its groups, its user.</summary>
    public UpgradeConnection Connection { get; }

    /// <summary>The subprotocol that the server selected; <see langword="null"/> if there is none.</summary>
    public string? Protocol => Headers.GetValueOrDefault("Sec-WebSocket-Protocol");

    /// <summary>The headers of the 101 response, with case-insensitive names.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; }

    /// <summary>
    /// Whether the client answers pings; <see langword="true"/> by default. If it doesn't, the server treats the client as lost after a
    /// while.
    /// </summary>
    public bool AnswersPings
    {
        get => _answersPings;
        set => _answersPings = value;
    }

    /// <summary>How the connection ended from the client's point of view: 1006 if there was no Close frame.</summary>
    /// <exception cref="TimeoutException">
    /// The connection didn't end within the server's <see cref="UpgradeTestServer.Timeout"/>.
    /// </exception>
    public Task<CloseInfo> Closed => _closed.Task.WaitAsync(_timeout);

    /// <summary>Sends a message that expects no reply.</summary>
    /// <param name="name">The message's name; empty in formats without names.</param>
    /// <param name="payload">
    /// The payload: an object, which the protocol's codec serializes (or reflection, if the codec doesn't support its type); text or bytes,
    /// which are sent unencoded in formats without an envelope; <see langword="null"/> for none.
    /// </param>
    /// <returns>A task that ends when the message is written to the connection.</returns>
    public Task SendAsync(string name, object? payload = null)
    {
        var (bytes, kind) = _format.Write(EnvelopeKind.Call, name, "", payload);
        return SendMessageAsync(bytes, kind);
    }

    /// <summary>Sends a request and awaits its reply.</summary>
    /// <typeparam name="T">The reply's type.</typeparam>
    /// <param name="name">The message's name.</param>
    /// <param name="payload">The payload, as for <see cref="SendAsync"/>.</param>
    /// <returns>The reply.</returns>
    /// <exception cref="PeerErrorException">The server answered with an error.</exception>
    /// <exception cref="ConnectionClosedException">The connection closed first.</exception>
    /// <exception cref="TimeoutException">No reply arrived within the server's <see cref="UpgradeTestServer.Timeout"/>.</exception>
    public async Task<T> RequestAsync<T>(string name, object? payload = null)
    {
        var id = await BeginAsync(name, payload);
        var reply = await ReceiveAsync($"the reply to {name}", message => IsAnswerTo(message, id));
        return Checked(reply).Payload<T>();
    }

    /// <summary>Sends a request and awaits its reply, without deserializing the payload.</summary>
    /// <param name="name">The message's name.</param>
    /// <param name="payload">The payload, as for <see cref="SendAsync"/>.</param>
    /// <returns>The reply.</returns>
    /// <exception cref="PeerErrorException">The server answered with an error.</exception>
    /// <exception cref="ConnectionClosedException">The connection closed first.</exception>
    /// <exception cref="TimeoutException">No reply arrived within the server's <see cref="UpgradeTestServer.Timeout"/>.</exception>
    public async Task<TestMessage> RequestAsync(string name, object? payload = null)
    {
        var id = await BeginAsync(name, payload);
        return Checked(await ReceiveAsync($"the reply to {name}", message => IsAnswerTo(message, id)));
    }

    /// <summary>Sends a request and reads the reply stream. If the caller stops early, the client cancels the stream.</summary>
    /// <typeparam name="T">The items' type.</typeparam>
    /// <param name="name">The message's name.</param>
    /// <param name="payload">The payload, as for <see cref="SendAsync"/>.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The items.</returns>
    /// <exception cref="PeerErrorException">The server answered with an error.</exception>
    /// <exception cref="ConnectionClosedException">The connection closed first.</exception>
    /// <exception cref="TimeoutException">
    /// The next item didn't arrive within the server's <see cref="UpgradeTestServer.Timeout"/>.
    /// </exception>
    public async IAsyncEnumerable<T> StreamAsync<T>(
        string name, object? payload = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var id = await BeginAsync(name, payload);
        var hasEnded = false;
        try
        {
            while (true)
            {
                var item = Next(await ReceiveAsync($"an item of {name}", message => IsAnswerTo(message, id)).WaitAsync(cancellationToken));
                if (item is null)
                {
                    yield break;
                }

                yield return item.Payload<T>();
            }
        }
        finally
        {
            if (!hasEnded && !_closed.Task.IsCompleted)
            {
                var (bytes, kind) = _format.Write(EnvelopeKind.Complete, "", id, null);
                await SendMessageAsync(bytes, kind);
            }
        }

        TestMessage? Next(TestMessage message)
        {
            hasEnded = message.Envelope != EnvelopeKind.Next;
            return Checked(message).Envelope == EnvelopeKind.Next ? message : null;
        }
    }

    /// <summary>Waits for a push or a request of the server with this name, and takes it. Other messages stay in the queue.</summary>
    /// <typeparam name="T">The payload's type.</typeparam>
    /// <param name="name">The message's name; empty for messages without a name.</param>
    /// <returns>The payload.</returns>
    /// <exception cref="ConnectionClosedException">The connection closed first.</exception>
    /// <exception cref="TimeoutException">None arrived within the server's <see cref="UpgradeTestServer.Timeout"/>.</exception>
    public async Task<T> ReceiveAsync<T>(string name) => (await ReceiveAsync(name)).Payload<T>();

    /// <summary>Waits for a push or a request of the server with this name, and takes it. Other messages stay in the queue.</summary>
    /// <param name="name">The message's name; empty for messages without a name.</param>
    /// <returns>The message.</returns>
    /// <exception cref="ConnectionClosedException">The connection closed first.</exception>
    /// <exception cref="TimeoutException">None arrived within the server's <see cref="UpgradeTestServer.Timeout"/>.</exception>
    public Task<TestMessage> ReceiveAsync(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return ReceiveAsync(name.Length == 0 ? "a message" : $"'{name}'", message => message.Envelope == EnvelopeKind.Call && message.Name == name);
    }

    /// <summary>Takes the oldest message in the queue, of any kind, or waits for the next one.</summary>
    /// <returns>The message.</returns>
    /// <exception cref="ConnectionClosedException">The connection closed first.</exception>
    /// <exception cref="TimeoutException">None arrived within the server's <see cref="UpgradeTestServer.Timeout"/>.</exception>
    public Task<TestMessage> ReceiveAsync() => ReceiveAsync("a message", static _ => true);

    /// <summary>Sends the reply to a request of the server.</summary>
    /// <param name="request">The received request.</param>
    /// <param name="payload">The reply's payload, as for <see cref="SendAsync"/>.</param>
    /// <returns>A task that ends when the reply is written to the connection.</returns>
    public Task ReplyAsync(TestMessage request, object? payload = null)
    {
        ArgumentNullException.ThrowIfNull(request);
        var (bytes, kind) = _format.Write(EnvelopeKind.Reply, "", request.Id, payload);
        return SendMessageAsync(bytes, kind);
    }

    /// <summary>Sends a text message unchanged.</summary>
    /// <param name="text">The message.</param>
    /// <returns>A task that ends when the message is written to the connection.</returns>
    public Task SendTextAsync(string text) => SendFrameAsync(1, Encoding.UTF8.GetBytes(text));

    /// <summary>Sends a masked frame with these values, valid or not (RFC 6455 §5.2).</summary>
    /// <param name="opcode">0 continuation, 1 text, 2 binary, 8 close, 9 ping, 10 pong.</param>
    /// <param name="payload">The payload.</param>
    /// <param name="isFinal">Whether the frame is the last of its message.</param>
    /// <returns>A task that ends when the frame is written to the connection.</returns>
    public Task SendFrameAsync(int opcode, ReadOnlyMemory<byte> payload = default, bool isFinal = true) =>
        SendBytesAsync(TestFrame.Write(opcode, payload.Span, isFinal));

    /// <summary>Sends bytes unchanged. They need not be a valid frame.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <returns>A task that ends when the bytes are written to the connection.</returns>
    /// <exception cref="ConnectionClosedException">The connection has ended.</exception>
    public async Task SendBytesAsync(ReadOnlyMemory<byte> bytes)
    {
        await _sending.WaitAsync();
        try
        {
            await _memory.Client.Output.WriteAsync(bytes);
        }
        catch (InvalidOperationException)
        {
            throw Ended(_closed.Task.IsCompletedSuccessfully ? await _closed.Task : new CloseInfo(1006, "", CloseInitiator.Transport));
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>
    /// Takes the server's next frame, including the frames of messages. The messages themselves can still be received.
    /// </summary>
    /// <returns>The frame.</returns>
    /// <exception cref="ConnectionClosedException">The connection closed first.</exception>
    /// <exception cref="TimeoutException">None arrived within the server's <see cref="UpgradeTestServer.Timeout"/>.</exception>
    public Task<TestFrame> ReceiveFrameAsync() => _frames.TakeAsync(static _ => true, "a frame", _timeout);

    /// <summary>Stops reading until <see cref="Resume"/>: for the server this is a slow client.</summary>
    public void Pause() => Interlocked.CompareExchange(
        ref _reading, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), null);

    /// <summary>Resumes reading after <see cref="Pause"/>.</summary>
    public void Resume() => Interlocked.Exchange(ref _reading, null)?.TrySetResult();

    /// <summary>Starts the closing handshake (RFC 6455 §7.1.2), and waits for the server's Close frame.</summary>
    /// <param name="code">The close code.</param>
    /// <param name="reason">A short reason.</param>
    /// <returns>How the connection ended.</returns>
    /// <exception cref="TimeoutException">The server didn't answer within <see cref="UpgradeTestServer.Timeout"/>.</exception>
    public async Task<CloseInfo> CloseAsync(int code = 1000, string reason = "")
    {
        Volatile.Write(ref _isClosing, true);
        await SendFrameAsync(8, (byte[])[(byte)(code >> 8), (byte)code, .. Encoding.UTF8.GetBytes(reason)]);
        return await Closed;
    }

    /// <summary>Drops the connection without a Close frame, like a peer whose cable was pulled.</summary>
    public void Abort()
    {
        _memory.Reset();
        End(new CloseInfo(1006, "", CloseInitiator.Transport));
    }

    /// <summary>Drops the connection if it is still open.</summary>
    /// <returns>A completed task.</returns>
    public ValueTask DisposeAsync()
    {
        if (!_closed.Task.IsCompleted)
        {
            Abort();
        }

        return default;
    }

    private Task SendMessageAsync(byte[] bytes, MessageKind kind) => SendFrameAsync(kind == MessageKind.Text ? 1 : 2, bytes);

    private async Task<string> BeginAsync(string name, object? payload)
    {
        var id = _format.RequestId(Interlocked.Increment(ref _lastRequest));
        var (bytes, kind) = _format.Write(EnvelopeKind.Call, name, id, payload);
        await SendMessageAsync(bytes, kind);
        return id;
    }

    private static bool IsAnswerTo(TestMessage message, string id) => message.Envelope != EnvelopeKind.Call && message.Id == id;

    private TestMessage Checked(TestMessage message) => message.Envelope == EnvelopeKind.Error
        ? throw new PeerErrorException(message.ErrorCode ?? "", message.ErrorMessage ?? "The server answered with an error.", _log.FailureOf(Connection.Id))
        : message;

    private Task<TestMessage> ReceiveAsync(string what, Func<TestMessage, bool> which) => _messages.TakeAsync(which, what, _timeout);

    private async Task ReadAsync()
    {
        var message = new List<byte>();
        var kind = MessageKind.Text;
        try
        {
            while (true)
            {
                if (Volatile.Read(ref _reading) is { } paused)
                {
                    await paused.Task;
                }

                var frame = await TestFrame.ReadAsync(_memory.Client.Input);
                _frames.Add(frame);
                switch (frame.Opcode)
                {
                    case 8:
                        await OnCloseAsync(frame);
                        return;
                    case 9 when AnswersPings:
                        await SendFrameAsync(10, frame.Payload);
                        break;
                    case 0 or 1 or 2:
                        kind = frame.Opcode switch { 1 => MessageKind.Text, 2 => MessageKind.Binary, _ => kind };
                        message.AddRange(frame.Payload.Span);
                        if (frame.IsFinal)
                        {
                            Add([.. message], kind);
                            message.Clear();
                        }

                        break;
                }
            }
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or OperationCanceledException)
        {
            // The connection ended without a Close frame. If a frame couldn't be read, its error is the reason.
            End(new CloseInfo(1006, e is EndOfStreamException ? "" : e.Message, CloseInitiator.Transport));
        }
    }

    private async Task OnCloseAsync(TestFrame frame)
    {
        var isOurs = Volatile.Read(ref _isClosing);
        if (!isOurs)
        {
            await SendFrameAsync(8, frame.Payload.Length >= 2 ? frame.Payload[..2] : default);
        }

        await _memory.Client.Output.CompleteAsync();
        End(new CloseInfo(frame.CloseCode, frame.CloseReason, isOurs ? CloseInitiator.Local : CloseInitiator.Peer));
    }

    // If a message can't be read, receiving messages fails from then on, but frames can still be received.
    private void Add(byte[] bytes, MessageKind kind)
    {
        try
        {
            _messages.Add(new TestMessage(_format, bytes, kind));
        }
        catch (InvalidOperationException e)
        {
            _messages.End(() => new InvalidOperationException(e.Message, e));
        }
    }

    private void End(CloseInfo close)
    {
        _closed.TrySetResult(close);
        _messages.End(() => Ended(close));
        _frames.End(() => Ended(close));
    }

    private ConnectionClosedException Ended(CloseInfo close) => new(close, _log.FailureOf(Connection.Id));
}
