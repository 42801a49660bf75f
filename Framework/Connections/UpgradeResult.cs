namespace UpgradeProtocols;

/// <summary>
/// The decision of a handler's <see cref="OnUpgradingAttribute"/> method: accept the upgrade, or refuse it with a status code.
/// </summary>
public sealed class UpgradeResult
{
    private static readonly UpgradeResult s_accepted = new(101, "", []);

    private UpgradeResult(int statusCode, string body, IReadOnlyList<KeyValuePair<string, string>> fields)
    {
        StatusCode = statusCode;
        Body = body;
        Headers = fields;
    }

    /// <summary>Whether the upgrade continues.</summary>
    public bool IsAccepted => StatusCode == 101;

    /// <summary>101, or the status code of the refusal.</summary>
    public int StatusCode { get; }

    /// <summary>The body of the refusal, sent as <c>text/plain</c>.</summary>
    public string Body { get; }

    /// <summary>Headers for the response: the 101 or the refusal.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; }

    /// <summary>Accepts the upgrade.</summary>
    /// <returns>The decision.</returns>
    public static UpgradeResult Accept() => s_accepted;

    /// <summary>Refuses the upgrade (RFC 9110 §15).</summary>
    /// <param name="statusCode">The status code, from 300 to 599: 401, 403, 429… but not 304, which has no body.</param>
    /// <param name="body">One line for the client's developer.</param>
    /// <returns>The decision.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The status code isn't one of a refusal.</exception>
    public static UpgradeResult Refuse(int statusCode, string body)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(statusCode, 300);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(statusCode, 599);
        ArgumentOutOfRangeException.ThrowIfEqual(statusCode, 304);
        ArgumentNullException.ThrowIfNull(body);
        return new UpgradeResult(statusCode, body, []);
    }

    /// <summary>Returns the same decision with one more header in the response.</summary>
    /// <param name="name">The header's name, a token.</param>
    /// <param name="value">The header's value, without control characters.</param>
    /// <returns>The decision.</returns>
    /// <exception cref="ArgumentException">
    /// The name or value isn't valid in a header, or the server writes this header itself: in a 101 also
    /// <c>Connection</c>, <c>Upgrade</c> and the headers of the WebSocket handshake, which state the negotiation's result.
    /// </exception>
    public UpgradeResult WithHeader(string name, string value)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(value);
        ResponseFields.Check(name, value);
        if (IsAccepted && IsNegotiated(name))
        {
            throw new ArgumentException($"The server writes {name} of a 101 itself, from the negotiation.", nameof(name));
        }

        return new UpgradeResult(StatusCode, Body, [.. Headers, new(name, value)]);
    }

    private static bool IsNegotiated(string name) =>
        name.Equals("Connection", StringComparison.OrdinalIgnoreCase)
        || name.Equals("Upgrade", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("Sec-WebSocket-", StringComparison.OrdinalIgnoreCase);
}
