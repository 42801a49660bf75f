namespace UpgradeProtocols;

/// <summary>
/// Why a request can't be taken: the server answers with this and closes, since what follows on the connection can't be trusted
/// to be the start of a request.
/// </summary>
/// <param name="StatusCode">The status of the answer.</param>
/// <param name="Message">One line that says what was wrong and what to send instead. Holds no text of the peer's.</param>
/// <param name="Allow">The value of the Allow field that every 405 needs (RFC 9110 §15.5.6).</param>
internal readonly record struct HttpRequestError(int StatusCode, string Message, string? Allow = null)
{
    public static HttpRequestError BadRequest(string message) => new(400, message);

    public RegularResponse ToResponse()
    {
        var response = RegularResponse.Text(Message + "\n", StatusCode);
        return Allow is null ? response : response.WithHeader("Allow", Allow);
    }
}
