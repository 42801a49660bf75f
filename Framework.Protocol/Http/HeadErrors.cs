namespace UpgradeProtocols;

/// <summary>The errors of a head that several places use, or whose text depends on the byte.</summary>
internal static class HeadErrors
{
    private const byte TlsHandshakeRecord = 0x16;

    public static HttpRequestError BareCarriageReturn { get; } =
        HttpRequestError.BadRequest("A CR stands without its LF: end every line of the head with CRLF and send no other CR.");

    public static HttpRequestError BareLineFeed { get; } =
        HttpRequestError.BadRequest("A line ends in a bare LF: end every line of the head with CRLF.");

    public static HttpRequestError FieldStartsWithWhitespace { get; } =
        HttpRequestError.BadRequest("A field line starts with whitespace: send each field on one line, without folding.");

    public static HttpRequestError NotInMethod(byte value, bool isFirst) => value switch
    {
        TlsHandshakeRecord when isFirst =>
            HttpRequestError.BadRequest("This looks like TLS, and the port is plain text: use http:// or ws:// here, or the TLS port."),
        (byte)' ' => HttpRequestError.BadRequest("The request line starts with a space: send the method first, such as GET."),
        _ => NotAllowed(value, "the method"),
    };

    public static HttpRequestError NotInTarget(byte value) => value switch
    {
        (byte)' ' => HttpRequestError.BadRequest("The target is missing: send one space and a target, such as /, after the method."),
        (byte)'\r' => HttpRequestError.BadRequest("The version is missing: send HTTP/1.1 after the target."),
        (byte)'#' => HttpRequestError.BadRequest("The target has a fragment: send it without '#' and what follows."),
        _ => NotAllowed(value, "the target"),
    };

    public static HttpRequestError NotAfterVersion(byte value) => value switch
    {
        (byte)'\n' => BareLineFeed,
        _ => HttpRequestError.BadRequest("Something follows the version: send CRLF right after HTTP/1.1."),
    };

    public static HttpRequestError NotInFieldName(byte value) => value switch
    {
        (byte)' ' or (byte)'\t' =>
            HttpRequestError.BadRequest("Whitespace stands before a field's colon: send the colon right after the name."),
        (byte)':' => HttpRequestError.BadRequest("A field has no name: send a name before the colon."),
        (byte)'\r' => HttpRequestError.BadRequest("A field line has no colon: send name, colon, value."),
        _ => NotAllowed(value, "a field name"),
    };

    public static HttpRequestError NotAllowed(byte value, string place) => value switch
    {
        (byte)'\n' => BareLineFeed,
        (byte)'\r' => BareCarriageReturn,
        _ => HttpRequestError.BadRequest($"Byte 0x{value:X2} isn't allowed in {place}: remove it, or percent-encode it in a target."),
    };
}
