using System.Buffers;

namespace UpgradeProtocols;

/// <summary>
/// Decodes the chunked coding of a request body that arrives in pieces (RFC 9112 §7.1): CRLF only, hex sizes without sign or prefix,
/// bounded extensions (ignored) and trailers (checked like headers, then discarded).
/// </summary>
internal sealed class ChunkedDecoder(HttpLimits limits)
{
    // Extensions aren't used, so their total size in a body is bounded (RFC 9112 §7.1.1); so is the number of zeros before a size.
    private const int MaxExtensionSize = 4096;
    private const int MaxSizeDigits = 16;

    private enum Phase
    {
        Size,
        SizeEnd,
        Extensions,
        SizeLineEnd,
        Data,
        DataEnd,
        DataLineEnd,
        Trailers,
        Done,
    }

    private readonly PooledBuffer<byte> _trailerBytes = new();
    private readonly PooledBuffer<FieldRange> _trailerRanges = new();
    private FieldSectionParser? _trailers;
    private Phase _phase;
    private long _size;
    private int _sizeDigits;
    private int _extensionSize;
    private ChunkExtensions _extensions;

    public HttpRequestError? Error { get; private set; }

    /// <summary>Whether the body has ended, including trailers; the bytes after it stay in the buffer.</summary>
    public bool IsDone => _phase == Phase.Done;

    /// <summary>
    /// Takes bytes up to the body's end or the first violation, appends the content to the body, and slices the buffer to the remaining
    /// bytes.
    /// </summary>
    public void Decode(ref ReadOnlySequence<byte> buffer, PooledBuffer<byte> body)
    {
        var taken = 0L;
        foreach (var piece in buffer)
        {
            taken += Advance(piece.Span, body);
        }

        buffer = buffer.Slice(taken);
    }

    /// <summary>Returns scratch memory.</summary>
    public void Release()
    {
        _trailerBytes.Release();
        _trailerRanges.Release();
    }

    private int Advance(ReadOnlySpan<byte> bytes, PooledBuffer<byte> body)
    {
        var taken = 0;
        while (taken < bytes.Length && !IsDone && Error is null)
        {
            taken += Step(bytes[taken..], body);
        }

        return taken;
    }

    private int Step(ReadOnlySpan<byte> bytes, PooledBuffer<byte> body) => _phase switch
    {
        Phase.Size => TakeSize(bytes[0], body.Length),
        Phase.SizeEnd => TakeSizeEnd(bytes[0]),
        Phase.Extensions => TakeExtension(bytes[0]),
        Phase.SizeLineEnd => Expect(bytes[0], (byte)'\n', _size == 0 ? Phase.Trailers : Phase.Data),
        Phase.Data => TakeData(bytes, body),
        Phase.DataEnd => Expect(bytes[0], (byte)'\r', Phase.DataLineEnd),
        Phase.DataLineEnd => Expect(bytes[0], (byte)'\n', Phase.Size),
        _ => TakeTrailers(bytes),
    };

    private int TakeSize(byte next, int bodyLength)
    {
        var digit = HttpCharacters.HexValue(next);
        if (digit < 0)
        {
            _phase = Phase.SizeEnd;
            return _sizeDigits > 0
                ? 0
                : Fail(HttpRequestError.BadRequest("A chunk has no size: send it in hex digits, without sign or prefix."));
        }

        if (++_sizeDigits > MaxSizeDigits)
        {
            return Fail(HttpRequestError.BadRequest($"A chunk size has more than {MaxSizeDigits} digits: send it without leading zeros."));
        }

        // The check at each digit, against a 31-bit limit, prevents an overflow of the size.
        _size = (_size << 4) | (uint)digit;
        if (_size > limits.MaxRequestBodySize - bodyLength)
        {
            Error = RequestBodyReader.TooLarge(limits);
        }

        return 1;
    }

    private int TakeSizeEnd(byte next)
    {
        if (next == '\r')
        {
            _phase = Phase.SizeLineEnd;
            return 1;
        }

        if (next != ';' && !HttpCharacters.IsWhitespace(next))
        {
            return Fail(HttpRequestError.BadRequest("A chunk's size must be followed by CRLF."));
        }

        _extensions = default;
        _phase = Phase.Extensions;
        return 0;
    }

    private int TakeExtension(byte next)
    {
        if (next == '\r' && _extensions.MayEnd)
        {
            _phase = Phase.SizeLineEnd;
            return 1;
        }

        if (!_extensions.TryTake(next))
        {
            return Fail(
                next != '\r' && !HttpCharacters.FieldValue.Contains(next)
                    ? HeadErrors.NotAllowed(next, "a chunk extension")
                    : HttpRequestError.BadRequest("A chunk extension is malformed: send ;name or ;name=value after the size, or none."));
        }

        return ++_extensionSize <= MaxExtensionSize
            ? 1
            : Fail(HttpRequestError.BadRequest($"The chunk extensions are larger than {MaxExtensionSize} bytes: send none."));
    }

    private int TakeData(ReadOnlySpan<byte> bytes, PooledBuffer<byte> body)
    {
        var data = bytes[..(int)Math.Min(_size, bytes.Length)];
        body.Append(data);
        _size -= data.Length;
        if (_size == 0)
        {
            _sizeDigits = 0;
            _phase = Phase.DataEnd;
        }

        return data.Length;
    }

    private int TakeTrailers(ReadOnlySpan<byte> bytes)
    {
        _trailers ??= new FieldSectionParser(_trailerBytes, _trailerRanges, limits);
        var taken = _trailers.Advance(bytes);
        Error = _trailers.Error;
        _phase = _trailers.IsDone ? Phase.Done : Phase.Trailers;
        return taken;
    }

    private int Expect(byte next, byte expected, Phase following)
    {
        _phase = following;
        return next == expected
            ? 1
            : Fail(HttpRequestError.BadRequest("A chunk is malformed: send the size of the data, CRLF, the data, CRLF."));
    }

    private int Fail(HttpRequestError error, int taken = 1)
    {
        Error = error;
        return taken;
    }
}
