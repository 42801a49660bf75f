using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;

namespace UpgradeProtocols;

/// <summary>
/// Turns a client's bytes into messages, control frames and failures (RFC 6455 §5 to 7). Knows no pipe and no socket: the
/// caller brings the bytes and consumes what was taken. One reader serves one connection and is not thread-safe.
/// </summary>
internal sealed class WebSocketReader : IDisposable
{
    private readonly int _maxMessageSize;
    private readonly MessageBuffer _message;
    private byte[]? _control;
    private bool _ended;
    private bool _messageOnLoan;

    // The message under way; control frames may come between its frames.
    private bool _inMessage;
    private MessageKind _kind;
    private long _announced;
    private Utf8Progress _utf8;

    // The data frame under way, once its head has been taken.
    private bool _inFrame;
    private bool _fin;
    private long _missing;
    private uint _key;

    public WebSocketReader(int maxMessageSize, ArrayPool<byte>? pool = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxMessageSize);
        _maxMessageSize = maxMessageSize;
        _message = new MessageBuffer(pool ?? ArrayPool<byte>.Shared);
    }

    private enum Progress
    {
        NeedMore,
        GoOn,
        Event,
    }

    /// <summary>
    /// Takes bytes off the front of the buffer, up to and with those of the next event. False: all that can be used was
    /// taken, and more is needed. What was taken must be consumed, since payloads are unmasked where they lie.
    /// After a Close or a Failure everything is discarded.
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
            buffer = buffer.Slice(buffer.End);
        }

        return progress == Progress.Event;
    }

    public void Dispose()
    {
        _ended = true;
        _message.Release();
    }

    private void TakeBackMessage()
    {
        if (_messageOnLoan)
        {
            _messageOnLoan = false;
            _message.Release();
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
        if ((header.Fault() ?? FaultHere(header)) is { } fault)
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

        // Before the payload, and before its key: the head alone decides (W6).
        if (!header.IsControl && length > _maxMessageSize - _announced)
        {
            return Fail(WebSocketCloseCode.MessageTooBig, $"A message may have {_maxMessageSize} bytes at most.", out evt);
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

    /// <summary>What a frame breaks at this point of the conversation, or null (RFC 6455 §5.4).</summary>
    private string? FaultHere(FrameHeader header)
    {
        if (header.Rsv1)
        {
            return "RSV1 must be 0: compression was not negotiated.";
        }

        if (header.Opcode == Opcode.Continuation && !_inMessage)
        {
            return "A continuation frame must follow a first frame without FIN.";
        }

        return header.Opcode is Opcode.Text or Opcode.Binary && _inMessage
            ? "A new message must not begin before the fragmented one has ended."
            : null;
    }

    private Progress ReadData(ref ReadOnlySequence<byte> buffer, FrameHeader header, long length, uint key, out WebSocketEvent evt)
    {
        if (!_inMessage)
        {
            _kind = header.Opcode == Opcode.Text ? MessageKind.Text : MessageKind.Binary;
        }

        buffer = buffer.Slice(header.Size);
        if (!_inMessage && header.Fin && buffer.FirstSpan.Length >= length)
        {
            return ReadWholeMessage(ref buffer, (int)length, key, out evt);
        }

        _inMessage = true;
        _announced += length;
        _inFrame = true;
        _fin = header.Fin;
        _missing = length;
        _key = key;
        evt = default;
        return Progress.GoOn;
    }

    /// <summary>The usual case: one frame, in one piece, is handed out where it lies.</summary>
    private Progress ReadWholeMessage(ref ReadOnlySequence<byte> buffer, int length, uint key, out WebSocketEvent evt)
    {
        var payload = Unmask(buffer.First[..length], key);
        if (_kind == MessageKind.Text && !Utf8.IsValid(payload.Span))
        {
            return FailUtf8(out evt);
        }

        buffer = buffer.Slice(length);
        evt = WebSocketEvent.Message(_kind, payload);
        return Progress.Event;
    }

    /// <summary>Takes what has come of a data frame's payload, so that a long message doesn't fill the pipe.</summary>
    private Progress ReadPayload(ref ReadOnlySequence<byte> buffer, out WebSocketEvent evt)
    {
        var here = buffer.Slice(0, Math.Min(buffer.Length, _missing));
        foreach (var piece in here)
        {
            if (!Take(piece.Span))
            {
                return FailUtf8(out evt);
            }
        }

        buffer = buffer.Slice(here.End);
        _missing -= here.Length;
        evt = default;
        if (_missing > 0)
        {
            return Progress.NeedMore;
        }

        _inFrame = false;
        return _fin ? EndMessage(out evt) : Progress.GoOn;
    }

    private bool Take(ReadOnlySpan<byte> masked)
    {
        var plain = _message.GetSpan(masked.Length)[..masked.Length];
        _key = FrameMask.Apply(masked, plain, _key);
        _message.Advance(masked.Length);
        return _kind != MessageKind.Text || _utf8.Append(plain);
    }

    private Progress EndMessage(out WebSocketEvent evt)
    {
        _inMessage = false;
        _announced = 0;
        if (!_utf8.IsComplete)
        {
            return FailUtf8(out evt);
        }

        _messageOnLoan = true;
        evt = WebSocketEvent.Message(_kind, _message.Memory);
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

    /// <summary>The bytes are the pipe's and about to be consumed, so nobody else will read them as they were.</summary>
    private static ReadOnlyMemory<byte> Unmask(ReadOnlyMemory<byte> payload, uint key)
    {
        FrameMask.Apply(MemoryMarshal.AsMemory(payload).Span, key);
        return payload;
    }

    /// <summary>RFC 6455 §5.5.1: nothing, or a code and a reason.</summary>
    private Progress ReadClose(ReadOnlySpan<byte> payload, out WebSocketEvent evt)
    {
        if (payload.Length == 1)
        {
            return Fail(WebSocketCloseCode.ProtocolError, "A Close frame's payload must be empty or begin with a two-byte code.", out evt);
        }

        var code = payload.IsEmpty ? WebSocketCloseCode.NoStatusReceived : BinaryPrimitives.ReadUInt16BigEndian(payload);
        if (!payload.IsEmpty && !WebSocketCloseCode.IsValidOnWire(code))
        {
            return Fail(WebSocketCloseCode.ProtocolError, $"The close code {code} may not be sent.", out evt);
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

    private Progress FailUtf8(out WebSocketEvent evt) =>
        Fail(WebSocketCloseCode.InvalidPayload, "A text message must be valid UTF-8.", out evt);

    private Progress Fail(ushort code, string reason, out WebSocketEvent evt)
    {
        End();
        evt = WebSocketEvent.Failure(code, reason);
        return Progress.Event;
    }

    private void End()
    {
        _ended = true;
        _message.Release();
    }
}
