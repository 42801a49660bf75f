using System.Collections;
using System.Text;

namespace UpgradeProtocols;

/// <summary>
/// The headers of a request, in the order they were sent (RFC 9110 §5). Names are case-insensitive. Immutable and thread-safe. The bytes
/// are kept; each access creates a new string.
/// </summary>
public sealed class UpgradeRequestHeaders : IEnumerable<KeyValuePair<string, string>>
{
    private readonly byte[] _head;
    private readonly FieldRange[] _ranges;
    private readonly Encoding _valueEncoding;

    /// <summary>Wraps a parsed head. Bytes above 0x7F in values are read as ISO-8859-1, so that none is lost.</summary>
    internal UpgradeRequestHeaders(byte[] head, FieldRange[] ranges)
    {
        _head = head;
        _ranges = ranges;
        _valueEncoding = Encoding.Latin1;
    }

    /// <summary>Wraps headers that another server has parsed; their values may contain any character.</summary>
    internal UpgradeRequestHeaders(IEnumerable<KeyValuePair<string, string>> fields)
    {
        var lines = fields as IReadOnlyList<KeyValuePair<string, string>> ?? [.. fields];
        var size = 0;
        foreach (var (name, value) in lines)
        {
            size += Encoding.UTF8.GetByteCount(name) + Encoding.UTF8.GetByteCount(value);
        }

        _head = new byte[size];
        _ranges = new FieldRange[lines.Count];
        var start = 0;
        for (var i = 0; i < _ranges.Length; i++)
        {
            var nameLength = Encoding.UTF8.GetBytes(lines[i].Key, _head.AsSpan(start));
            var valueLength = Encoding.UTF8.GetBytes(lines[i].Value, _head.AsSpan(start + nameLength));
            _ranges[i] = new FieldRange(start, nameLength, valueLength);
            start += nameLength + valueLength;
        }

        _valueEncoding = Encoding.UTF8;
    }

    /// <summary>The number of field lines; a name that was sent twice counts twice.</summary>
    public int Count => _ranges.Length;

    /// <summary>
    /// The value of a header, or null if it wasn't sent. Several lines of one name are combined with ", " in their order (RFC 9110 §5.3).
    /// </summary>
    /// <param name="name">The header's name, case-insensitive.</param>
    /// <exception cref="ArgumentNullException"><paramref name="name"/> is null.</exception>
    public string? this[string name]
    {
        get
        {
            var line = -1;
            if (!TryGetNextLine(name, ref line, out var first))
            {
                return null;
            }

            var value = _valueEncoding.GetString(first);
            return TryGetNextLine(name, ref line, out _) ? string.Join(", ", GetValues(name)) : value;
        }
    }

    /// <summary>The values of every line with this name, in their order, each as it was sent; empty if there is none.</summary>
    /// <param name="name">The header's name, case-insensitive.</param>
    /// <exception cref="ArgumentNullException"><paramref name="name"/> is null.</exception>
    public IReadOnlyList<string> GetValues(string name)
    {
        List<string>? values = null;
        var line = -1;
        while (TryGetNextLine(name, ref line, out var value))
        {
            (values ??= []).Add(_valueEncoding.GetString(value));
        }

        return values ?? (IReadOnlyList<string>)[];
    }

    /// <summary>Whether a header was sent, even with an empty value.</summary>
    /// <param name="name">The header's name, case-insensitive.</param>
    /// <exception cref="ArgumentNullException"><paramref name="name"/> is null.</exception>
    public bool Contains(string name)
    {
        var line = -1;
        return TryGetNextLine(name, ref line, out _);
    }

    /// <summary>Every field line, with the name as it was sent.</summary>
    public IEnumerator<KeyValuePair<string, string>> GetEnumerator()
    {
        foreach (var range in _ranges)
        {
            yield return new(Encoding.ASCII.GetString(range.Name(_head)), _valueEncoding.GetString(range.Value(_head)));
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The next line with this name after the given one (-1 to start), as bytes.</summary>
    internal bool TryGetNextLine(string name, scoped ref int line, out ReadOnlySpan<byte> value)
    {
        ArgumentNullException.ThrowIfNull(name);
        for (line++; line < _ranges.Length; line++)
        {
            var range = _ranges[line];
            if (Ascii.EqualsIgnoreCase(range.Name(_head), name))
            {
                value = range.Value(_head);
                return true;
            }
        }

        value = default;
        return false;
    }

    /// <summary>The value of a header that was sent in exactly one line, as bytes.</summary>
    internal bool TryGetOnly(string name, out ReadOnlySpan<byte> value)
    {
        var line = -1;
        return TryGetNextLine(name, ref line, out value) && !TryGetNextLine(name, ref line, out _);
    }

    /// <summary>The members of a comma-separated header as bytes, over all its lines.</summary>
    internal FieldListEnumerator EnumerateList(string name) => new(this, name);

    /// <summary>
    /// Adds the members of a comma-separated header, including quotes, to a list; returns false if a quoted string doesn't end.
    /// </summary>
    internal bool TryGetList(string name, List<string> members)
    {
        var list = EnumerateList(name);
        while (list.MoveNext())
        {
            members.Add(_valueEncoding.GetString(list.Current));
        }

        return !list.IsMalformed;
    }

    /// <summary>Whether a comma-separated header lists a token, case-insensitive (Connection, Expect).</summary>
    internal bool HasToken(string name, string token)
    {
        foreach (var member in EnumerateList(name))
        {
            if (Ascii.EqualsIgnoreCase(member, token))
            {
                return true;
            }
        }

        return false;
    }
}
