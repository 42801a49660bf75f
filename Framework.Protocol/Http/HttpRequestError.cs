namespace UpgradeProtocols;

/// <summary>
/// The error of a request that can't be accepted. The server responds with it and closes: the following bytes on the connection can't be
/// trusted to be the start of a request.
/// </summary>
/// <param name="StatusCode">The response's status code.</param>
/// <param name="Message">One line that states the error and what to send instead. It contains no text from the peer.</param>
/// <param name="Allow">The value of the Allow header that every 405 needs (RFC 9110 §15.5.6).</param>
internal readonly record struct HttpRequestError(int StatusCode, string Message, string? Allow = null)
{
    public static HttpRequestError BadRequest(string message) => new(400, message);

    public RegularResponse ToResponse()
    {
        var response = RegularResponse.Text(Message + "\n", StatusCode);
        return Allow is null ? response : response.WithHeader("Allow", Allow);
    }
}
