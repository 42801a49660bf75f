using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;

namespace UpgradeProtocols;

/// <summary>
/// Turns a peer's bytes into messages, control frames and failures (RFC 6455 §5 to 7). It uses no pipe and no socket: the caller provides
/// the bytes and consumes the taken ones. One reader serves one connection and is not thread-safe.
/// </summary>
internal sealed class WebSocketReader : IDisposable
{
    private readonly int _maxMessageSize;
    private readonly bool _inflates;
    private readonly WebSocketRole _role;

    // Created for the first message that isn't complete in one read: an idle connection that never had one holds none.
    private IncomingMessage? _message;
    private byte[]? _control;
    private bool _ended;
    private bool _messageOnLoan;

    // Control frames may come between a message's frames.
    private bool _inMessage;

    // Whether the header of a data frame has been taken and its payload is incomplete.
    private bool _inFrame;

    // Set once messages aren't read any more.
    private DiscardedFrames? _discarded;

    /// <param name="maxMessageSize">The maximum number of bytes of a message, after inflation.</param>
    /// <param name="inflater">The inflater if permessage-deflate was agreed; disposed with the reader.</param>
    /// <param name="pool">The pool for messages that arrive in pieces.</param>
    /// <param name="role">The side that reads.</param>
    public WebSocketReader(
        int maxMessageSize, MessageInflater? inflater = null, ArrayPool<byte>? pool = null, WebSocketRole role = WebSocketRole.Server)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxMessageSize);
        _maxMessageSize = maxMessageSize;
        _role = role;
        _inflates = inflater is not null;
        if (inflater is not null || pool is not null)
        {
            _message = new IncomingMessage(maxMessageSize, inflater, pool ?? BufferPool<byte>.Shared);
        }
    }

    /// <summary>Whether the peer's Close has arrived, including a malformed one and one in discarded data.</summary>
    public bool HasClose => _discarded is { HasClose: true };

    private IncomingMessage Message => _message ??= new IncomingMessage(_maxMessageSize, inflater: null, BufferPool<byte>.Shared);

    private enum Progress
    {
        NeedMore,
        GoOn,
        Event,
    }

    /// <summary>
    /// Takes bytes off the front of the buffer, up to the end of the next event. Returns false if all usable bytes were taken and more are
    /// needed. The taken bytes must be consumed, since payloads are unmasked in place. After a Close or a Failure everything is discarded.
    /// </summary>
    public bool TryRead(ref ReadOnlySequence<byte> buffer, out WebSocketEvent evt)
    {
        TakeBackMessage();
        evt = default;
        var progress = Progress.GoOn;
        while (progress == Progress.GoOn && !_ended)
        {
            progress = _inFrame ? ReadPayload(ref buffer, out evt) : ReadFrame(ref buffer, out evt);
        }

        if (_ended)
        {
            Discard(ref buffer);
        }

        return progress == Progress.Event;
    }

    /// <summary>Discards everything; see <see cref="HasClose"/>.</summary>
    public void Discard(ref ReadOnlySequence<byte> buffer)
    {
        TakeBackMessage();
        if (_discarded is null)
        {
            _discarded = new DiscardedFrames(_inFrame ? Message.Missing : 0);
            End();
        }

        _discarded.Take(buffer);
        buffer = buffer.Slice(buffer.End);
    }

    public void Dispose() => End();

    private void TakeBackMessage()
    {
        if (_messageOnLoan)
        {
            _messageOnLoan = false;
            Message.Release();
        }
    }

    private Progress ReadFrame(ref ReadOnlySequence<byte> buffer, out WebSocketEvent evt)
    {
        Span<byte> scratch = stackalloc byte[FrameHeader.MaxSize];
        var head = PrefixedMessage.Peek(buffer, scratch);
        evt = default;
        if (head.Length < 2)
        {
            return Progress.NeedMore;
        }

        var header = new FrameHeader(head[0], head[1]);
        if ((header.Fault(_role) ?? FaultHere(header)) is { } fault)
        {
            return Fail(WebSocketCloseCode.ProtocolError, fault, out evt);
        }

        if (!header.TryReadLength(head, out var length, out var lengthFault))
        {
            return Progress.NeedMore;
        }

        if (lengthFault is not null)
        {
            return Fail(WebSocketCloseCode.ProtocolError, lengthFault, out evt);
        }

        // The check runs before the payload and the key arrive: the length alone decides (W6).
        if (!header.IsControl && length > PayloadLimit(header) - (_inMessage ? Message.Announced : 0))
        {
            return FailTooLarge(out evt);
        }

        if (head.Length < header.Size)
        {
            return Progress.NeedMore;
        }

        var key = header.ReadKey(head);
        return header.IsControl
            ? ReadControl(ref buffer, header, (int)length, key, out evt)
            : ReadData(ref buffer, header, length, key, out evt);
    }

    /// <summary>The rule that a frame violates at this point of the conversation, or null (RFC 6455 §5.4, RFC 7692 §6.1).</summary>
    private string? FaultHere(FrameHeader header)
    {
        if (header.Rsv1 && !_inflates)
        {
            return "RSV1 must be 0: compression was not negotiated.";
        }

        if (header.Rsv1 && header.Opcode == Opcode.Continuation)
        {
            return "RSV1 must be 0 on a continuation frame: a message's first frame says that it is compressed.";
        }

        if (header.Opcode == Opcode.Continuation && !_inMessage)
        {
            return "A continuation frame must follow a first frame without FIN.";
        }

        return header.Opcode is Opcode.Text or Opcode.Binary && _inMessage
            ? "A new message must not begin before the fragmented one has ended."
            : null;
    }

    /// <summary>
    /// The maximum number of payload bytes of a message. Compressing incompressible data makes it larger, by less than a quarter, however
    /// small the sender's blocks are. The inflated size is checked during inflation.
    /// </summary>
    private long PayloadLimit(FrameHeader header)
    {
        var compressed = _inMessage ? Message.IsCompressed : header.Rsv1;
        return compressed ? _maxMessageSize + (_maxMessageSize / 4L) + 64 : _maxMessageSize;
    }

    private Progress ReadData(ref ReadOnlySequence<byte> buffer, FrameHeader header, long length, uint key, out WebSocketEvent evt)
    {
        buffer = buffer.Slice(header.Size);
        if (!_inMessage)
        {
            var kind = header.Opcode == Opcode.Text ? MessageKind.Text : MessageKind.Binary;
            if (header.Fin && !header.Rsv1 && buffer.FirstSpan.Length >= length)
            {
                return ReadWholeMessage(ref buffer, kind, (int)length, key, out evt);
            }

            _inMessage = true;
            Message.Begin(kind, header.Rsv1);
        }

        _inFrame = true;
        Message.BeginFrame(length, header.Fin, key);
        evt = default;
        return Progress.GoOn;
    }

    /// <summary>Handles the usual case: the payload of one frame in one piece is returned in place.</summary>
    private Progress ReadWholeMessage(
        ref ReadOnlySequence<byte> buffer, MessageKind kind, int length, uint key, out WebSocketEvent evt)
    {
        var payload = Unmask(buffer.First[..length], key);
        if (kind == MessageKind.Text && !Utf8.IsValid(payload.Span))
        {
            _discarded = new DiscardedFrames(length);
            return FailMessage(IncomingMessage.Verdict.NotUtf8, out evt);
        }

        buffer = buffer.Slice(length);
        evt = WebSocketEvent.Message(kind, payload);
        return Progress.Event;
    }

    /// <summary>Takes the received part of a data frame's payload, so that a long message doesn't fill the pipe.</summary>
    private Progress ReadPayload(ref ReadOnlySequence<byte> buffer, out WebSocketEvent evt)
    {
        var message = Message;
        var missing = message.Missing;
        var here = buffer.Slice(0, Math.Min(buffer.Length, message.Missing));
        foreach (var piece in here)
        {
            var verdict = message.Append(MemoryMarshal.AsMemory(piece).Span);
            if (verdict != IncomingMessage.Verdict.Fine)
            {
                _discarded = new DiscardedFrames(missing);
                return FailMessage(verdict, out evt);
            }
        }

        buffer = buffer.Slice(here.End);
        evt = default;
        if (message.Missing > 0)
        {
            return Progress.NeedMore;
        }

        _inFrame = false;
        return message.IsInLastFrame ? EndMessage(out evt) : Progress.GoOn;
    }

    private Progress EndMessage(out WebSocketEvent evt)
    {
        _inMessage = false;
        var verdict = Message.End();
        if (verdict != IncomingMessage.Verdict.Fine)
        {
            return FailMessage(verdict, out evt);
        }

        _messageOnLoan = true;
        evt = WebSocketEvent.Message(Message.Kind, Message.Memory);
        return Progress.Event;
    }

    private Progress ReadControl(ref ReadOnlySequence<byte> buffer, FrameHeader header, int length, uint key, out WebSocketEvent evt)
    {
        evt = default;
        if (buffer.Length < header.Size + length)
        {
            return Progress.NeedMore;
        }

        var payload = Unmask(InOnePiece(buffer.Slice(header.Size, length)), key);
        buffer = buffer.Slice(header.Size + length);
        if (header.Opcode == Opcode.Close)
        {
            return ReadClose(payload.Span, out evt);
        }

        evt = header.Opcode == Opcode.Ping ? WebSocketEvent.Ping(payload) : WebSocketEvent.Pong(payload);
        return Progress.Event;
    }

    private ReadOnlyMemory<byte> InOnePiece(in ReadOnlySequence<byte> payload)
    {
        if (payload.IsSingleSegment)
        {
            return payload.First;
        }

        _control ??= new byte[FrameHeader.MaxControlPayload];
        payload.CopyTo(_control);
        return _control.AsMemory(0, (int)payload.Length);
    }

    /// <summary>Unmasks in place: the bytes belong to the pipe and are consumed next, so no other code reads them masked.</summary>
    private static ReadOnlyMemory<byte> Unmask(ReadOnlyMemory<byte> payload, uint key)
    {
        FrameMask.Apply(MemoryMarshal.AsMemory(payload).Span, key);
        return payload;
    }

    /// <summary>Reads a Close's payload (RFC 6455 §5.5.1): empty, or a code and a reason.</summary>
    private Progress ReadClose(ReadOnlySpan<byte> payload, out WebSocketEvent evt)
    {
        _discarded = DiscardedFrames.Closed;
        if (payload.Length == 1)
        {
            return Fail(WebSocketCloseCode.ProtocolError, "A Close frame's payload must be empty or begin with a two-byte code.", out evt);
        }

        var code = payload.IsEmpty ? WebSocketCloseCode.NoStatusReceived : BinaryPrimitives.ReadUInt16BigEndian(payload);
        if (!payload.IsEmpty && !WebSocketCloseCode.IsValidOnWire(code))
        {
            return Fail(WebSocketCloseCode.ProtocolError, $"A Close frame can't have the code {code}.", out evt);
        }

        var reason = payload.IsEmpty ? payload : payload[2..];
        if (!Utf8.IsValid(reason))
        {
            return Fail(WebSocketCloseCode.InvalidPayload, "A close reason must be valid UTF-8.", out evt);
        }

        End();
        evt = WebSocketEvent.Close(code, Encoding.UTF8.GetString(reason));
        return Progress.Event;
    }

    private Progress FailMessage(IncomingMessage.Verdict verdict, out WebSocketEvent evt) => verdict switch
    {
        IncomingMessage.Verdict.NotUtf8 => Fail(WebSocketCloseCode.InvalidPayload, "A text message must be valid UTF-8.", out evt),
        IncomingMessage.Verdict.NotDeflate => Fail(WebSocketCloseCode.InvalidPayload, "The compressed message can't be decompressed.", out evt),
        _ => FailTooLarge(out evt),
    };

    private Progress FailTooLarge(out WebSocketEvent evt) =>
        Fail(WebSocketCloseCode.MessageTooBig, $"A message can have at most {_maxMessageSize} bytes.", out evt);

    private Progress Fail(ushort code, string reason, out WebSocketEvent evt)
    {
        End();
        evt = WebSocketEvent.Failure(code, reason);
        return Progress.Event;
    }

    private void End()
    {
        _ended = true;
        _message?.Dispose();
    }
}
