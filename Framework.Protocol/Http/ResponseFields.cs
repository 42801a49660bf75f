namespace UpgradeProtocols;

/// <summary>Checks the headers that an application adds to a response: none may end a line or a head (response splitting).</summary>
internal static class ResponseFields
{
    // The server writes these headers from its own data; a second one would contradict it.
    private static readonly string[] Managed = ["Content-Length", "Content-Type", "Date", "Transfer-Encoding"];

    public static void Check(string name, string value)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(value);
        if (!HttpCharacters.IsToken(name))
        {
            throw new ArgumentException("A header name consists of letters, digits and !#$%&'*+-.^_`|~ (RFC 9110 §5.6.2).", nameof(name));
        }

        if (IsManaged(name))
        {
            throw new ArgumentException($"The server writes {name} itself. Pass the content type as an argument of the factory method.", nameof(name));
        }

        CheckValue(value, nameof(value));
    }

    /// <summary>Whether the server writes this header itself.</summary>
    public static bool IsManaged(string name) => Managed.Contains(name, StringComparer.OrdinalIgnoreCase);

    public static void CheckValue(string value, string parameterName)
    {
        if (value.AsSpan().ContainsAnyExcept(HttpCharacters.FieldValueChars))
        {
            throw new ArgumentException(
                "A field value holds no control characters, line ends included, and none above U+00FF (RFC 9110 §5.5).", parameterName);
        }
    }
}
