namespace UpgradeProtocols;

/// <summary>
/// Parses the request line, one byte range after another (RFC 9112 §3). It consumes each byte it is given and examines none twice; the
/// target's bytes go to the buffer given to the constructor.
/// </summary>
internal sealed class RequestLineParser(PooledBuffer<byte> store, HttpLimits limits)
{
    private enum Phase
    {
        Start,
        EmptyLineEnd,
        Method,
        Target,
        Version,
        AfterVersion,
        LineEnd,
        Done,
    }

    private Phase _phase;
    private bool _emptyLineSkipped;
    private int _versionLength;
    private byte _majorVersion;

    public HttpRequestError? Error { get; private set; }

    public bool IsDone => _phase == Phase.Done;

    /// <summary>Whether a byte of the line itself was seen; an empty line before it doesn't count.</summary>
    public bool HasStarted => Size > 0;

    /// <summary>The number of bytes of the line so far, with its CRLF.</summary>
    public int Size { get; private set; }

    public string Method { get; private set; } = "";

    public bool IsHttp10 { get; private set; }

    public RequestTarget Target { get; private set; }

    public void Reset()
    {
        _phase = Phase.Start;
        _emptyLineSkipped = false;
        _versionLength = 0;
        Error = null;
        Size = 0;
        Method = "";
        IsHttp10 = false;
        Target = default;
    }

    /// <summary>
    /// Takes bytes up to the end of the line, the first violation, or the end of the span; returns the number of bytes taken.
    /// </summary>
    public int Advance(ReadOnlySpan<byte> bytes)
    {
        var taken = 0;
        while (taken < bytes.Length && !IsDone && Error is null)
        {
            var rest = bytes[taken..];
            taken += _phase is Phase.Start or Phase.EmptyLineEnd ? SkipEmptyLine(rest[0]) : StepWithinLimit(rest);
        }

        return taken;
    }

    // RFC 9112 §2.2: an empty line before the request line is ignored, for clients that send CRLF after a body.
    private int SkipEmptyLine(byte first)
    {
        if (_phase == Phase.EmptyLineEnd)
        {
            _phase = Phase.Start;
            _emptyLineSkipped = true;
            return first == '\n' ? 1 : Fail(HeadErrors.BareCarriageReturn);
        }

        if (first == '\r' && !_emptyLineSkipped)
        {
            _phase = Phase.EmptyLineEnd;
            return 1;
        }

        _phase = Phase.Method;
        return 0;
    }

    private int StepWithinLimit(ReadOnlySpan<byte> bytes)
    {
        var max = Math.Min(limits.MaxRequestLineSize, limits.MaxHeadSize);
        var free = max - Size;
        if (free <= 0)
        {
            // RFC 9112 §3: a method longer than any known one isn't implemented; only a target can be too long.
            return Fail(_phase == Phase.Method
                ? new(501, $"The method is longer than {max} bytes: send one that is known, such as GET.")
                : new(414, $"The request line is longer than {max} bytes: send a shorter target."));
        }

        var taken = Step(bytes[..Math.Min(free, bytes.Length)]);
        Size += taken;
        return taken;
    }

    private int Step(ReadOnlySpan<byte> bytes) => _phase switch
    {
        Phase.Method => TakeMethod(bytes),
        Phase.Target => TakeTarget(bytes),
        Phase.Version => TakeVersion(bytes[0]),
        Phase.AfterVersion => TakeCarriageReturn(bytes[0]),
        _ => TakeLineFeed(bytes[0]),
    };

    private int TakeMethod(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOfAnyExcept(HttpCharacters.Token);
        if (end < 0)
        {
            store.Append(bytes);
            return bytes.Length;
        }

        store.Append(bytes[..end]);
        if (bytes[end] != ' ' || store.Length == 0)
        {
            return Fail(HeadErrors.NotInMethod(bytes[end], isFirst: store.Length == 0), taken: end + 1);
        }

        Method = HttpMethodNames.Get(store.Written);
        store.Truncate(0);
        _phase = Phase.Target;
        return end + 1;
    }

    private int TakeTarget(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOfAnyExcept(HttpCharacters.Target);
        if (end < 0)
        {
            store.Append(bytes);
            return bytes.Length;
        }

        store.Append(bytes[..end]);
        if (bytes[end] != ' ' || store.Length == 0)
        {
            return Fail(HeadErrors.NotInTarget(bytes[end]), taken: end + 1);
        }

        _phase = Phase.Version;
        return end + 1;
    }

    // RFC 9112 §2.3: HTTP-version = "HTTP" "/" DIGIT "." DIGIT, case-sensitive. A higher minor version is read as 1.1 (RFC 9110 §2.5);
    // another major version can't be read at all.
    private int TakeVersion(byte next)
    {
        var expected = "HTTP/#.#"u8[_versionLength];
        if (expected == '#' ? !char.IsAsciiDigit((char)next) : next != expected)
        {
            return Fail(HttpRequestError.BadRequest("The request line doesn't end in a version: send HTTP/1.1 after the target."));
        }

        _versionLength++;
        if (_versionLength == "HTTP/#".Length)
        {
            _majorVersion = next;
        }

        return _versionLength == "HTTP/#.#".Length ? TakeWholeVersion(next) : 1;
    }

    private int TakeWholeVersion(byte minorVersion)
    {
        if (_majorVersion != '1')
        {
            return Fail(new(505, "This port supports HTTP/1.1: send HTTP/1.1 requests, without an HTTP/2 preface."));
        }

        IsHttp10 = minorVersion == '0';
        _phase = Phase.AfterVersion;
        return 1;
    }

    private int TakeCarriageReturn(byte next)
    {
        _phase = Phase.LineEnd;
        return next == '\r' ? 1 : Fail(HeadErrors.NotAfterVersion(next));
    }

    private int TakeLineFeed(byte next)
    {
        if (next != '\n')
        {
            return Fail(HeadErrors.BareCarriageReturn);
        }

        // The target is parsed only now: an unreadable version has priority over an invalid target (the HTTP/2 preface has "*").
        Error = RequestTarget.Parse(store.Written, Method, out var target);
        Target = target;
        _phase = Phase.Done;
        return 1;
    }

    private int Fail(HttpRequestError error, int taken = 1)
    {
        Error = error;
        return taken;
    }
}
