namespace UpgradeProtocols;

/// <summary>The syntax of a member of Sec-WebSocket-Extensions (RFC 6455 §9.1): <c>token *( ";" token [ "=" value ] )</c>.</summary>
internal static class ExtensionSyntax
{
    public static bool IsValid(ReadOnlySpan<byte> member)
    {
        var isFirst = true;
        while (true)
        {
            var end = EndOfPart(member);
            var part = HttpCharacters.TrimWhitespace(end < 0 ? member : member[..end]);
            if (!(isFirst ? HttpCharacters.IsToken(part) : IsParameter(part)))
            {
                return false;
            }

            if (end < 0)
            {
                return true;
            }

            member = member[(end + 1)..];
            isFirst = false;
        }
    }

    // A semicolon inside a quoted value doesn't separate.
    private static int EndOfPart(ReadOnlySpan<byte> text)
    {
        var isQuoted = false;
        for (var i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case (byte)'"':
                    isQuoted = !isQuoted;
                    break;
                case (byte)'\\' when isQuoted:
                    i++;
                    break;
                case (byte)';' when !isQuoted:
                    return i;
            }
        }

        return -1;
    }

    private static bool IsParameter(ReadOnlySpan<byte> part)
    {
        var equals = part.IndexOf((byte)'=');
        if (equals < 0)
        {
            return HttpCharacters.IsToken(part);
        }

        var value = HttpCharacters.TrimWhitespace(part[(equals + 1)..]);

        // RFC 6455 §9.1: a quoted value must be a token after its quotes and backslashes are removed.
        if (value is [(byte)'"', .. var quoted, (byte)'"'])
        {
            value = quoted.IndexOf((byte)'\\') < 0 ? quoted : Unescape(quoted);
        }

        return HttpCharacters.IsToken(HttpCharacters.TrimWhitespace(part[..equals])) && HttpCharacters.IsToken(value);
    }

    private static byte[] Unescape(ReadOnlySpan<byte> quoted)
    {
        var result = new List<byte>(quoted.Length);
        for (var i = 0; i < quoted.Length; i++)
        {
            if (quoted[i] == (byte)'\\' && i + 1 < quoted.Length)
            {
                i++;
            }

            result.Add(quoted[i]);
        }

        return [.. result];
    }
}
