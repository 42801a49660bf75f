namespace UpgradeProtocols.Testing;

/// <summary>The exception for a handshake that the server answered with a status other than 101.</summary>
/// <param name="statusCode">The response's status.</param>
/// <param name="body">The response's body.</param>
/// <param name="headers">The response's headers.</param>
/// <param name="innerException">The exception that the server logged for the request, if there is one.</param>
public sealed class UpgradeRefusedException(
    int statusCode, string body, IReadOnlyDictionary<string, string> headers, Exception? innerException = null)
    : Exception($"The server refused the upgrade with {statusCode}: {body.TrimEnd()}", innerException)
{
    /// <summary>The response's status: 401, 404, 426…</summary>
    public int StatusCode { get; } = statusCode;

    /// <summary>The response's body.</summary>
    public string Body { get; } = body;

    /// <summary>The response's headers. Names are case-insensitive; repeated headers are joined with commas.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; } = headers;
}
