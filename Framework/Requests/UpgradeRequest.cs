using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace UpgradeProtocols;

/// <summary>
/// The HTTP request at the beginning of a connection: a request for an upgrade, or an ordinary one. It lives as long as the connection.
/// Everything in it comes from the peer.
/// </summary>
public sealed class UpgradeRequest
{
    // Special values of the length, for a body without a declared length. A request lives as long as its connection: it is kept small.
    private const long NoBody = -1;
    private const long Chunked = -2;

    private readonly byte[] _head = [];
    private readonly int _targetLength;
    private readonly int _queryStart;
    private readonly long _bodyLength = NoBody;
    private byte[]? _body;
    private string _path;
    private string? _rawTarget;
    private string? _queryString;
    private string? _host;
    private IQueryCollection? _query;

    /// <summary>Creates a request from a parsed head. Strings are created on first use.</summary>
    internal UpgradeRequest(in RequestHead head)
    {
        _head = head.Bytes;
        _path = head.Target.Path;
        _targetLength = head.Target.Length;
        _queryStart = head.Target.QueryStart;
        _host = RawTargetBytes[head.Target.Authority] is { Length: > 0 } authority ? Encoding.ASCII.GetString(authority) : null;
        Method = head.Method;
        HttpVersion = head.IsHttp10 ? System.Net.HttpVersion.Version10 : System.Net.HttpVersion.Version11;
        Headers = head.Headers;
        _bodyLength = head.Framing.Kind switch
        {
            RequestBodyKind.Length => head.Framing.ContentLength,
            RequestBodyKind.Chunked => Chunked,
            _ => NoBody,
        };
    }

    /// <summary>Creates a request from the parts that another server has parsed; that server reads the body as well.</summary>
    internal UpgradeRequest(
        string method,
        string path,
        string rawTarget,
        string queryString,
        Version httpVersion,
        string scheme,
        string host,
        UpgradeRequestHeaders fields)
    {
        Method = method;
        _path = path;
        _rawTarget = rawTarget;
        _queryString = queryString;
        HttpVersion = httpVersion;
        Scheme = scheme;
        _host = host;
        Headers = fields;
    }

    /// <summary>The method as it was sent, with its case, such as "GET" (RFC 9110 §9).</summary>
    public string Method { get; }

    /// <summary>
    /// The routed path: percent-decoded once as UTF-8, without dot segments; an encoded slash stays "%2F". "*" for <c>OPTIONS *</c>.
    /// </summary>
    public string Path => _path;

    /// <summary>The target as it was sent: path and query as they were encoded, or an absolute URI (RFC 9112 §3.2).</summary>
    public string RawTarget => _rawTarget ??= Encoding.ASCII.GetString(RawTargetBytes);

    /// <summary>The query as it was encoded, with its leading '?', or an empty string if there is none.</summary>
    public string QueryString => _queryString ??= Encoding.ASCII.GetString(RawTargetBytes[_queryStart..]);

    /// <summary>
    /// The decoded parameters of the query; '+' is a space. Names are case-insensitive, and a repeated name has its values in order.
    /// </summary>
    public IQueryCollection Query => _query ??= QueryParameters.Parse(QueryString);

    /// <summary>
    /// The HTTP version: 1.0 or 1.1; in ASP.NET Core also 2.0 and above. HTTP/1.2 to 1.9 count as 1.1 (RFC 9110 §2.5).
    /// </summary>
    public Version HttpVersion { get; }

    /// <summary>
    /// "http" or "https": the connection's scheme, or the one that a trusted proxy reports. The target's own scheme is ignored.
    /// </summary>
    public string Scheme { get; internal set; } = "http";

    /// <summary>
    /// The requested host and optional port: the authority of an absolute target, otherwise the Host header, otherwise (HTTP/1.0 only) an
    /// empty string (RFC 9112 §3.2.2, §3.3).
    /// </summary>
    public string Host
    {
        get => _host ??= Headers["Host"] ?? "";
        internal set => _host = value;
    }

    /// <summary>The headers of the request.</summary>
    public UpgradeRequestHeaders Headers { get; internal set; }

    /// <summary>
    /// The bearer token of the request (RFC 6750): from <c>Authorization: Bearer</c>, or from a place that
    /// <see cref="UpgradeOptions.BearerToken"/> allows; null if there is none. The token isn't validated. It is never logged.
    /// </summary>
    public string? BearerToken => BearerTokens.Of(Headers) ?? TakenToken;

    /// <summary>The request's whole body, without its chunked coding; empty if there was none.</summary>
    public ReadOnlyMemory<byte> Body => _body;

    /// <summary>The origin of the request: the connection's peer, or the client that a trusted proxy reports. Null if unknown.</summary>
    public EndPoint? RemoteEndPoint { get; internal set; }

    /// <summary>The endpoint that received the request. Null if unknown.</summary>
    public EndPoint? LocalEndPoint { get; internal set; }

    /// <summary>
    /// The protocol of an extended CONNECT (RFC 8441 §4), which replaces Connection and Upgrade over HTTP/2; null for other requests.
    /// </summary>
    internal string? ConnectProtocol { get; init; }

    /// <summary>A token that was found outside the Authorization header and removed from there.</summary>
    internal string? TakenToken { get; set; }

    /// <summary>How the body's end is determined. The kind is None if another server reads the body.</summary>
    internal BodyFraming Framing => _bodyLength switch
    {
        NoBody => new BodyFraming(RequestBodyKind.None, 0),
        Chunked => new BodyFraming(RequestBodyKind.Chunked, 0),
        _ => new BodyFraming(RequestBodyKind.Length, _bodyLength),
    };

    /// <summary>
    /// Whether the connection may serve another request after this one (RFC 9112 §9.3). HTTP/1.0 always closes: its keep-alive is optional,
    /// and proxies that forward it blindly hang.
    /// </summary>
    internal bool KeepAlive => !IsHttp10 && !Headers.HasToken("Connection", "close");

    /// <summary>Whether the client waits for a 100 before it sends the body (RFC 9110 §10.1.1).</summary>
    internal bool ExpectsContinue => !IsHttp10 && Headers.HasToken("Expect", "100-continue");

    /// <summary>Whether the client has an unknown expectation: 417. HTTP/1.0 has no expectations.</summary>
    internal bool HasUnknownExpectation
    {
        get
        {
            var expectations = Headers.EnumerateList("Expect");
            var isUnknown = false;
            while (!isUnknown && expectations.MoveNext())
            {
                isUnknown = !Ascii.EqualsIgnoreCase(expectations.Current, "100-continue"u8);
            }

            return !IsHttp10 && (isUnknown || expectations.IsMalformed);
        }
    }

    private bool IsHttp10 => HttpVersion == System.Net.HttpVersion.Version10;

    private ReadOnlySpan<byte> RawTargetBytes => _head.AsSpan(0, _targetLength);

    /// <summary>The first value of a query parameter; null if it is absent.</summary>
    internal string? GetQueryValue(string name) => Query.TryGetValue(name, out var values) ? values[0] : null;

    /// <summary>Sets the body after it has been read.</summary>
    internal void Complete(byte[] body) => _body = body;

    /// <summary>Replaces the path with an equal declared path, whose string all of its connections share.</summary>
    internal void SharePath(string declared)
    {
        if (declared == _path)
        {
            _path = declared;
        }
    }

    /// <summary>Replaces the query, to remove a part that must not be read any more.</summary>
    internal void ReplaceQuery(string query)
    {
        var target = RawTarget;
        var start = target.IndexOf('?', StringComparison.Ordinal);
        _rawTarget = (start < 0 ? target : target[..start]) + query;
        _queryString = query;
        _query = null;
    }
}
