namespace UpgradeProtocols.Declarations;

/// <summary>The grammar of protocol names and paths.</summary>
internal static class ProtocolSyntax
{
    private static readonly string[] s_reserved = ["websocket", "h2c", "HTTP/2.0"];

    /// <summary>The problem of a protocol's name, or <see langword="null"/>.</summary>
    public static string? NameProblem(string name, bool isRaw)
    {
        if (name.Length == 0)
        {
            return "is empty: set a name, or omit it for the path's default handler";
        }

        // RFC 9110 §7.8: protocol = protocol-name ["/" protocol-version]
        var parts = isRaw ? name.Split('/') : [name];
        if (parts.Length > 2 || parts.Any(part => part.Length == 0))
        {
            return "must be a token with an optional /version (RFC 9110 §7.8): use name or name/version";
        }

        foreach (var character in parts.SelectMany(part => part))
        {
            if (!IsTokenCharacter(character))
            {
                return $"has {Describe(character)}, which a token can't contain (RFC 9110 §5.6.2): use only letters, digits and !#$%&'*+-.^_`|~";
            }
        }

        return null;
    }

    /// <summary>Whether HTTP reserves the upgrade token.</summary>
    public static bool IsReserved(string name) =>
        s_reserved.Contains(name, StringComparer.OrdinalIgnoreCase) || name.StartsWith("TLS/", StringComparison.OrdinalIgnoreCase);

    /// <summary>The problem of a path, or <see langword="null"/>. Also returns the names of its parameters.</summary>
    public static string? PathProblem(string path, out EquatableArray<string> parameters)
    {
        parameters = [];
        if (path.Length == 0 || path[0] != '/')
        {
            return "must start with '/': add it";
        }

        if (path.Split('/').FirstOrDefault(IsOptional) is { } optional)
        {
            return $"has the segment '{optional}', but a segment can't be optional: declare the path without it in a separate attribute, or read the value with [FromQuery]";
        }

        if (path.Split('/').FirstOrDefault(IsConstrained) is { } constrained)
        {
            return $"has the segment '{constrained}', but a path parameter must be only a name in braces, for one segment: write {{{NameIn(constrained)}}}, and declare the type on the method parameter";
        }

        if (path.IndexOfAny(['?', '#']) >= 0)
        {
            return "must have no query or fragment: remove it, and read the query with [FromQuery]";
        }

        if (path.FirstOrDefault(character => character <= ' ' || character is '\\' or '\x7f') is var bad and not '\0')
        {
            return $"has {Describe(bad)}: percent-encode it";
        }

        var names = new List<string>();
        foreach (var segment in path.Substring(1).Split('/'))
        {
            if (segment.IndexOfAny(['{', '}']) < 0)
            {
                continue;
            }

            var name = segment.Length > 2 && segment[0] == '{' && segment[segment.Length - 1] == '}' ? segment.Substring(1, segment.Length - 2) : "";
            if (name.Length == 0 || char.IsDigit(name[0]) || !name.All(character => char.IsLetterOrDigit(character) || character == '_'))
            {
                return $"has the segment '{segment}', but a path parameter must be a whole segment: use a name in braces, such as {{id}}";
            }

            if (names.Contains(name))
            {
                return $"has the parameter '{name}' twice: rename one";
            }

            names.Add(name);
        }

        parameters = names.ToEquatableArray();
        return null;
    }

    // Optional parameters exist in ASP.NET Core's routing, but are not supported here.
    private static bool IsOptional(string segment) => IsParameter(segment) && segment[segment.Length - 2] == '?';

    private static bool IsConstrained(string segment) =>
        IsParameter(segment) && (segment[1] == '*' || segment.IndexOfAny([':', '=']) > 0) && NameIn(segment).Length > 0;

    private static bool IsParameter(string segment) => segment.Length > 2 && segment[0] == '{' && segment[segment.Length - 1] == '}';

    private static string NameIn(string segment) => new([.. segment.Substring(1).TrimStart('*').TakeWhile(character => char.IsLetterOrDigit(character) || character == '_')]);

    /// <summary>Whether every character can be encoded as UTF-8.</summary>
    public static bool IsWellFormed(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && !(i + 1 < text.Length && char.IsSurrogatePair(text[i], text[++i])))
            {
                return false;
            }
        }

        return true;
    }

    public static bool IsToken(string text) => text.Length > 0 && text.All(IsTokenCharacter);

    private static bool IsTokenCharacter(char character) =>
        character is (>= 'a' and <= 'z') or (>= 'A' and <= 'Z') or (>= '0' and <= '9') || "!#$%&'*+-.^_`|~".IndexOf(character) >= 0;

    private static string Describe(char character) => character switch
    {
        ' ' => "a space",
        '"' => "a double quote",
        < ' ' or '\x7f' => $"the control character U+{(int)character:X4}",
        _ => $"'{character}'",
    };
}
