namespace UpgradeProtocols.Testing;

/// <summary>The server answered a handshake with something other than 101.</summary>
/// <param name="statusCode">The answer's status.</param>
/// <param name="body">The answer's body.</param>
/// <param name="fields">The answer's fields.</param>
public sealed class UpgradeRefusedException(int statusCode, string body, IReadOnlyDictionary<string, string> fields)
    : Exception($"The server refused the upgrade with {statusCode}: {body.TrimEnd()}")
{
    /// <summary>The answer's status: 401, 404, 426…</summary>
    public int StatusCode { get; } = statusCode;

    /// <summary>The answer's body.</summary>
    public string Body { get; } = body;

    /// <summary>The answer's fields, by name without regard to case; repeated ones are joined by commas.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; } = fields;
}
