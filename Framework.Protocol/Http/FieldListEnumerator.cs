namespace UpgradeProtocols;

/// <summary>
/// The members of a comma-separated list over all lines of one header, combined as one list (RFC 9110 §5.6.1, §5.3). Empty members are
/// skipped and commas in quoted strings don't separate. Allocates nothing.
/// </summary>
internal ref struct FieldListEnumerator(UpgradeRequestHeaders fields, string name)
{
    private int _line = -1;
    private ReadOnlySpan<byte> _rest;

    /// <summary>The member as it was sent, including quotes, without surrounding whitespace.</summary>
    public ReadOnlySpan<byte> Current { get; private set; }

    /// <summary>Whether a quoted string doesn't end within its line; the enumeration stopped there.</summary>
    public bool IsMalformed { get; private set; }

    public readonly FieldListEnumerator GetEnumerator() => this;

    public bool MoveNext()
    {
        while (!IsMalformed)
        {
            if (_rest.IsEmpty && !fields.TryGetNextLine(name, ref _line, out _rest))
            {
                return false;
            }

            var length = MemberLength(_rest);
            IsMalformed = length < 0;
            if (IsMalformed)
            {
                return false;
            }

            Current = HttpCharacters.TrimWhitespace(_rest[..length]);
            _rest = length < _rest.Length ? _rest[(length + 1)..] : [];
            if (!Current.IsEmpty)
            {
                return true;
            }
        }

        return false;
    }

    // The length up to the next comma outside quotes; -1 if a quote stays open.
    private static int MemberLength(ReadOnlySpan<byte> text)
    {
        var position = 0;
        while (true)
        {
            var next = text[position..].IndexOfAny((byte)',', (byte)'"');
            if (next < 0)
            {
                return text.Length;
            }

            position += next;
            if (text[position] == ',')
            {
                return position;
            }

            var quoted = QuotedLength(text[position..]);
            if (quoted < 0)
            {
                return -1;
            }

            position += quoted;
        }
    }

    // RFC 9110 §5.6.4: a backslash escapes the next byte.
    private static int QuotedLength(ReadOnlySpan<byte> text)
    {
        for (var position = 1; position < text.Length; position++)
        {
            switch (text[position])
            {
                case (byte)'"':
                    return position + 1;
                case (byte)'\\':
                    position++;
                    break;
            }
        }

        return -1;
    }
}
