using System.Buffers;

namespace UpgradeProtocols;

/// <summary>
/// Parses request heads from a connection, one after another, from pieces of any size (RFC 9112 §2-§6). Every byte it consumes leaves the
/// caller's buffer, so none is examined twice; the first invalid byte ends the parsing.
/// </summary>
internal sealed class RequestHeadParser
{
    private readonly PooledBuffer<byte> _bytes = new();
    private readonly PooledBuffer<FieldRange> _ranges = new();
    private readonly RequestLineParser _line;
    private readonly FieldSectionParser _fields;
    private HeadParseStatus _status;

    public RequestHeadParser(HttpLimits limits)
    {
        _line = new RequestLineParser(_bytes, limits);
        _fields = new FieldSectionParser(_bytes, _ranges, limits);
    }

    /// <summary>The head, if the status is Done.</summary>
    public RequestHead? Head { get; private set; }

    /// <summary>The error to respond with, if the status is Failed.</summary>
    public HttpRequestError? Error { get; private set; }

    /// <summary>
    /// Whether a byte of a head was seen, not counting an empty line before it: only then is a timeout answered with 408.
    /// </summary>
    public bool HasStarted => _line.HasStarted;

    /// <summary>Whether the method is known to be HEAD: the response to a refused head has no content either.</summary>
    public bool IsHead => _line.Method == "HEAD";

    /// <summary>Whether the method is known and its requests usually have no body.</summary>
    public bool IsOfBodilessMethod => _line.Method is "GET" or "HEAD" or "OPTIONS" or "CONNECT" or "TRACE";

    /// <summary>
    /// Takes bytes up to the end of the head or the first violation, and slices the buffer to the remaining bytes. While more bytes are
    /// needed the buffer comes back empty.
    /// </summary>
    public HeadParseStatus Parse(ref ReadOnlySequence<byte> buffer)
    {
        var taken = 0L;
        foreach (var piece in buffer)
        {
            if (_status != HeadParseStatus.NeedMore)
            {
                break;
            }

            taken += Advance(piece.Span);
        }

        buffer = buffer.Slice(taken);
        return _status;
    }

    /// <summary>Prepares for the connection's next head and returns scratch memory: call it at the connection's end too.</summary>
    public void Reset()
    {
        _status = HeadParseStatus.NeedMore;
        Head = null;
        Error = null;
        _line.Reset();
        ReleaseScratch();
    }

    private int Advance(ReadOnlySpan<byte> bytes)
    {
        var taken = 0;
        if (!_line.IsDone)
        {
            taken = _line.Advance(bytes);
            if (!_line.IsDone || _line.Error is not null)
            {
                return EndStep(taken, _line.Error);
            }

            _fields.Reset(used: _line.Size);
        }

        taken += _fields.Advance(bytes[taken..]);
        return EndStep(taken, _fields.IsDone ? Complete() : _fields.Error);
    }

    private int EndStep(int taken, HttpRequestError? error)
    {
        if (error is not null)
        {
            Error = error;
            _status = HeadParseStatus.Failed;
            ReleaseScratch();
        }

        return taken;
    }

    private HttpRequestError? Complete()
    {
        var bytes = _bytes.ToArray();
        var fields = new UpgradeRequestHeaders(bytes, _ranges.ToArray());
        var error = BodyFraming.Determine(fields, _line.IsHttp10, out var framing);
        error = HostRule.Check(fields, _line.IsHttp10) ?? error;
        if (error is null)
        {
            Head = new RequestHead(_line.Method, _line.Target, _line.IsHttp10, fields, bytes, framing);
            _status = HeadParseStatus.Done;
            ReleaseScratch();
        }

        return error;
    }

    private void ReleaseScratch()
    {
        _bytes.Release();
        _ranges.Release();
    }
}
