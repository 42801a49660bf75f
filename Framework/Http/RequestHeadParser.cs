using System.Buffers;

namespace UpgradeProtocols;

/// <summary>
/// Reads request heads off a connection, one after the other, in whatever pieces they come (RFC 9112 §2-§6). Every byte it takes
/// over leaves the caller's buffer, so none is looked at twice; the first byte that can't be right ends it.
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

    /// <summary>The request, once the status is Done.</summary>
    public UpgradeRequest? Request { get; private set; }

    /// <summary>What to answer, once the status is Failed.</summary>
    public HttpRequestError? Error { get; private set; }

    /// <summary>A byte of a head was seen, an empty line before it aside: a timeout is answered with 408 then, and not before.</summary>
    public bool HasStarted => _line.HasStarted;

    /// <summary>The method is known to be HEAD, so that the answer to a refused head has no content either.</summary>
    public bool IsHead => _line.Method == "HEAD";

    /// <summary>The method is known, and a request of it has no body as a rule.</summary>
    public bool IsOfBodilessMethod => _line.Method is "GET" or "HEAD" or "OPTIONS" or "CONNECT" or "TRACE";

    /// <summary>
    /// Takes bytes up to the end of the head or the first violation, and slices the buffer to what follows. While more is needed
    /// the buffer comes back empty.
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

    /// <summary>Makes ready for the connection's next head and gives scratch memory back: call it at the connection's end too.</summary>
    public void Reset()
    {
        _status = HeadParseStatus.NeedMore;
        Request = null;
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
        var head = _bytes.ToArray();
        var fields = new HttpFields(head, _ranges.ToArray());
        var error = BodyFraming.Determine(fields, _line.IsHttp10, out var framing);
        error = HostRule.Check(fields, _line.IsHttp10) ?? error;
        if (error is null)
        {
            Request = new UpgradeRequest(_line.Method, _line.Target, _line.IsHttp10, fields, head, framing);
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
