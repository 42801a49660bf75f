using System.Globalization;
using System.Text;

namespace UpgradeProtocols.Analyzers;

/// <summary>A strict parser of JSON (RFC 8259). An analyzer can't rely on a JSON library in the compiler's process.</summary>
internal sealed class LockParser(string text)
{
    private const int MaxDepth = 32;

    private int _position;

    public static LockNode Parse(string text)
    {
        var parser = new LockParser(text);
        var node = parser.Read(0);
        parser.SkipSpace();
        return parser._position == text.Length ? node : throw parser.Fail("the file has text after its end");
    }

    private LockNode Read(int depth)
    {
        SkipSpace();
        var start = _position;
        if (depth > MaxDepth)
        {
            throw Fail("it is nested too deeply");
        }

        object? value = Peek() switch
        {
            '{' => ReadObject(depth),
            '[' => ReadArray(depth),
            '"' => ReadText(),
            't' => Word("true", true),
            'f' => Word("false", false),
            'n' => Word("null", null),
            '-' or (>= '0' and <= '9') => ReadNumber(),
            _ => throw Fail("a value is expected"),
        };
        return new LockNode(value, start);
    }

    private Dictionary<string, LockNode> ReadObject(int depth)
    {
        var members = new Dictionary<string, LockNode>(StringComparer.Ordinal);
        _position++;
        SkipSpace();
        while (Peek() != '}')
        {
            if (members.Count > 0)
            {
                Expect(',');
                SkipSpace();
            }

            if (Peek() != '"')
            {
                throw Fail("a name is expected");
            }

            var start = _position;
            var name = ReadText();
            SkipSpace();
            Expect(':');
            if (members.ContainsKey(name))
            {
                throw new LockSyntaxException($"'{name}' occurs twice", start);
            }

            members.Add(name, Read(depth + 1));
            SkipSpace();
        }

        _position++;
        return members;
    }

    private List<LockNode> ReadArray(int depth)
    {
        var items = new List<LockNode>();
        _position++;
        SkipSpace();
        while (Peek() != ']')
        {
            if (items.Count > 0)
            {
                Expect(',');
            }

            items.Add(Read(depth + 1));
            SkipSpace();
        }

        _position++;
        return items;
    }

    private string ReadText()
    {
        var value = new StringBuilder();
        _position++;
        while (true)
        {
            var character = Peek();
            switch (character)
            {
                case '"':
                    _position++;
                    return value.ToString();
                case '\\':
                    _position++;
                    value.Append(ReadEscape());
                    break;
                case < ' ':
                    throw Fail(_position < text.Length ? "a string contains a control character" : "a string is not terminated");
                default:
                    value.Append(character);
                    _position++;
                    break;
            }
        }
    }

    private char ReadEscape()
    {
        var escape = Peek();
        if (escape == 'u')
        {
            if (_position + 5 <= text.Length
                && ushort.TryParse(text.Substring(_position + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code))
            {
                _position += 5;
                return (char)code;
            }

            throw Fail("\\u needs four hexadecimal digits");
        }

        var at = "\"\\/bfnrt".IndexOf(escape);
        if (at < 0)
        {
            throw Fail("an escape sequence is unknown");
        }

        _position++;
        return "\"\\/\b\f\n\r\t"[at];
    }

    // The only number in the file is its version, so only integers are supported.
    private long ReadNumber()
    {
        var start = _position;
        while (Peek() is '-' or '+' or '.' or 'e' or 'E' or (>= '0' and <= '9'))
        {
            _position++;
        }

        var digits = text.Substring(start, _position - start);
        return long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new LockSyntaxException("a whole number is expected", start);
    }

    private object? Word(string word, object? value)
    {
        if (string.CompareOrdinal(text, _position, word, 0, word.Length) != 0)
        {
            throw Fail("a value is expected");
        }

        _position += word.Length;
        return value;
    }

    private void Expect(char character)
    {
        if (Peek() != character)
        {
            throw Fail($"'{character}' is expected");
        }

        _position++;
    }

    private char Peek() => _position < text.Length ? text[_position] : '\0';

    private void SkipSpace()
    {
        while (Peek() is ' ' or '\t' or '\r' or '\n')
        {
            _position++;
        }
    }

    private LockSyntaxException Fail(string problem) => new(problem, _position);
}
