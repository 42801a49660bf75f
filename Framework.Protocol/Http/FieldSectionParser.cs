namespace UpgradeProtocols;

/// <summary>
/// Parses the field lines of a head or of a trailer section, up to the empty line that ends them (RFC 9112 §5, §7.1.2). It consumes each
/// byte it is given and examines none twice. Names and trimmed values go to the stores; delimiters aren't kept.
/// </summary>
internal sealed class FieldSectionParser(PooledBuffer<byte> store, PooledBuffer<FieldRange> ranges, HttpLimits limits)
{
    private enum Phase
    {
        LineStart,
        Name,
        BeforeValue,
        Value,
        LineEnd,
        SectionEnd,
        Done,
    }

    private Phase _phase;
    private int _free = limits.MaxHeadSize;
    private int _nameStart;
    private int _valueStart;

    public HttpRequestError? Error { get; private set; }

    public bool IsDone => _phase == Phase.Done;

    /// <param name="used">The number of bytes of the head's limit that the request line has used.</param>
    public void Reset(int used)
    {
        _phase = Phase.LineStart;
        _free = limits.MaxHeadSize - used;
        Error = null;
    }

    /// <summary>
    /// Takes bytes up to the end of the section, the first violation, or the end of the span; returns the number of bytes taken.
    /// </summary>
    public int Advance(ReadOnlySpan<byte> bytes)
    {
        var taken = 0;
        while (taken < bytes.Length && !IsDone && Error is null)
        {
            taken += StepWithinLimit(bytes[taken..]);
        }

        return taken;
    }

    private int StepWithinLimit(ReadOnlySpan<byte> bytes)
    {
        if (_free <= 0)
        {
            return Fail(new(431, $"The head is larger than {limits.MaxHeadSize} bytes: send fewer or shorter headers."));
        }

        var taken = Step(bytes[..Math.Min(_free, bytes.Length)]);
        _free -= taken;
        return taken;
    }

    private int Step(ReadOnlySpan<byte> bytes) => _phase switch
    {
        Phase.LineStart => StartLine(bytes[0]),
        Phase.Name => TakeName(bytes),
        Phase.BeforeValue => SkipWhitespace(bytes),
        Phase.Value => TakeValue(bytes),
        Phase.LineEnd => TakeLineFeed(bytes[0], Phase.LineStart),
        _ => TakeLineFeed(bytes[0], Phase.Done),
    };

    private int StartLine(byte first)
    {
        switch (first)
        {
            case (byte)'\r':
                _phase = Phase.SectionEnd;
                return 1;
            case (byte)' ' or (byte)'\t':
                return Fail(HeadErrors.FieldStartsWithWhitespace);
            case var _ when ranges.Length >= limits.MaxFieldCount:
                return Fail(new(431, $"The request has more than {limits.MaxFieldCount} headers: send fewer."));
            default:
                _nameStart = store.Length;
                _phase = Phase.Name;
                return 0;
        }
    }

    private int TakeName(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOfAnyExcept(HttpCharacters.Token);
        if (end < 0)
        {
            store.Append(bytes);
            return bytes.Length;
        }

        store.Append(bytes[..end]);
        if (bytes[end] != ':' || store.Length == _nameStart)
        {
            return Fail(HeadErrors.NotInFieldName(bytes[end]), taken: end + 1);
        }

        _valueStart = store.Length;
        _phase = Phase.BeforeValue;
        return end + 1;
    }

    private int SkipWhitespace(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOfAnyExcept((byte)' ', (byte)'\t');
        if (end < 0)
        {
            return bytes.Length;
        }

        _phase = Phase.Value;
        return end;
    }

    private int TakeValue(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOfAnyExcept(HttpCharacters.FieldValue);
        if (end < 0)
        {
            store.Append(bytes);
            return bytes.Length;
        }

        store.Append(bytes[..end]);
        if (bytes[end] != '\r')
        {
            return Fail(HeadErrors.NotAllowed(bytes[end], "a field value"), taken: end + 1);
        }

        EndField();
        _phase = Phase.LineEnd;
        return end + 1;
    }

    private void EndField()
    {
        var value = store.Written[_valueStart..].TrimEnd(" \t"u8);
        store.Truncate(_valueStart + value.Length);
        ranges.Add(new FieldRange(_nameStart, _valueStart - _nameStart, value.Length));
    }

    private int TakeLineFeed(byte next, Phase following)
    {
        if (next != '\n')
        {
            return Fail(HeadErrors.BareCarriageReturn);
        }

        _phase = following;
        return 1;
    }

    private int Fail(HttpRequestError error, int taken = 1)
    {
        Error = error;
        return taken;
    }
}
