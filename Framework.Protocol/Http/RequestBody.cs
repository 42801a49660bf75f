namespace UpgradeProtocols;

/// <summary>The result of reading a request's body.</summary>
/// <param name="Content">The whole body, without its chunked coding; null after an error.</param>
/// <param name="Error">The error to respond with. The connection can't be read any further then.</param>
internal readonly record struct RequestBody(byte[]? Content, HttpRequestError? Error);
