using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace UpgradeProtocols;

/// <summary>
/// The HTTP request that a connection began with: the one that asked for the upgrade, or an ordinary one. It lives as long as the
/// connection. Everything in it comes from the peer.
/// </summary>
public sealed class UpgradeRequest
{
    // What a body without a declared length has for one. A request lives as long as its connection: it is kept small.
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

    /// <summary>From a parsed head, whose bytes start with the target; strings that may never be wanted are made from them later.</summary>
    internal UpgradeRequest(string method, RequestTarget target, bool isHttp10, UpgradeRequestHeaders fields, byte[] head, BodyFraming framing)
    {
        _head = head;
        _path = target.Path;
        _targetLength = target.Length;
        _queryStart = target.QueryStart;
        _host = RawTargetBytes[target.Authority] is { Length: > 0 } authority ? Encoding.ASCII.GetString(authority) : null;
        Method = method;
        HttpVersion = isHttp10 ? System.Net.HttpVersion.Version10 : System.Net.HttpVersion.Version11;
        Headers = fields;
        _bodyLength = framing.Kind switch
        {
            RequestBodyKind.Length => framing.ContentLength,
            RequestBodyKind.Chunked => Chunked,
            _ => NoBody,
        };
    }

    /// <summary>From the parts that another server has parsed; it reads the body as well.</summary>
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
    /// The path that was routed: percent-decoded once as UTF-8, without dot segments; an encoded slash stays "%2F". "*" for
    /// <c>OPTIONS *</c>.
    /// </summary>
    public string Path => _path;

    /// <summary>The target as it was sent: path and query as they were encoded, or an absolute URI (RFC 9112 §3.2).</summary>
    public string RawTarget => _rawTarget ??= Encoding.ASCII.GetString(RawTargetBytes);

    /// <summary>The query as it was encoded, with its leading '?', or an empty string where there is none.</summary>
    public string QueryString => _queryString ??= Encoding.ASCII.GetString(RawTargetBytes[_queryStart..]);

    /// <summary>
    /// The decoded parameters of the query; '+' is a space. Names compare without case, and a name that is repeated has its values in order.
    /// </summary>
    public IQueryCollection Query => _query ??= QueryParameters.Parse(QueryString);

    /// <summary>
    /// The version of HTTP: 1.0 or 1.1; hosted in ASP.NET Core also 2.0 and above. HTTP/1.2 to 1.9 count as 1.1 (RFC 9110 §2.5).
    /// </summary>
    public Version HttpVersion { get; }

    /// <summary>
    /// "http" or "https": what the connection is, or what a trusted proxy says it was. The target's own scheme doesn't count.
    /// </summary>
    public string Scheme { get; internal set; } = "http";

    /// <summary>
    /// The host and optional port that the request is for: the authority of an absolute target, else the Host field, else (HTTP/1.0
    /// only) an empty string (RFC 9112 §3.2.2, §3.3).
    /// </summary>
    public string Host
    {
        get => _host ??= Headers["Host"] ?? "";
        internal set => _host = value;
    }

    /// <summary>The fields of the head.</summary>
    public UpgradeRequestHeaders Headers { get; internal set; }

    /// <summary>
    /// The bearer token that came with the request (RFC 6750): of <c>Authorization: Bearer</c>, or of where
    /// <see cref="UpgradeOptions.BearerToken"/> lets it stand; null where there is none. Nobody has checked it. It is never logged.
    /// </summary>
    public string? BearerToken => BearerTokens.Of(Headers) ?? TakenToken;

    /// <summary>The request's body, whole and without its chunked coding; empty where there was none.</summary>
    public ReadOnlyMemory<byte> Body => _body;

    /// <summary>Where the request came from: the peer of the connection, or what a trusted proxy says it was. Null where unknown.</summary>
    public EndPoint? RemoteEndPoint { get; internal set; }

    /// <summary>Where the request was received. Null where unknown.</summary>
    public EndPoint? LocalEndPoint { get; internal set; }

    /// <summary>
    /// The protocol of an extended CONNECT (RFC 8441 §4), which over HTTP/2 stands for Connection and Upgrade; null for other requests.
    /// </summary>
    internal string? ConnectProtocol { get; init; }

    /// <summary>A token that stood elsewhere than in the Authorization field, and was taken from there.</summary>
    internal string? TakenToken { get; set; }

    /// <summary>How the body's end is found. None where another server reads the body.</summary>
    internal RequestBodyKind BodyKind => _bodyLength switch
    {
        NoBody => RequestBodyKind.None,
        Chunked => RequestBodyKind.Chunked,
        _ => RequestBodyKind.Length,
    };

    /// <summary>The body's size in bytes where <see cref="BodyKind"/> is Length, else 0.</summary>
    internal long ContentLength => Math.Max(0, _bodyLength);

    /// <summary>
    /// Whether the connection may serve another request after this one (RFC 9112 §9.3). HTTP/1.0 always closes: its keep-alive is
    /// optional, and proxies that pass it on blindly hang.
    /// </summary>
    internal bool KeepAlive => !IsHttp10 && !Headers.HasToken("Connection", "close");

    /// <summary>The client waits for a 100 before it sends the body (RFC 9110 §10.1.1).</summary>
    internal bool ExpectsContinue => !IsHttp10 && Headers.HasToken("Expect", "100-continue");

    /// <summary>The client expects something that no one knows: 417. HTTP/1.0 has no expectations.</summary>
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

    /// <summary>The first value of a query parameter; null where it is absent.</summary>
    internal string? GetQueryValue(string name) => Query.TryGetValue(name, out var values) ? values[0] : null;

    /// <summary>Adds the body, when it has been read.</summary>
    internal void Complete(byte[] body) => _body = body;

    /// <summary>Takes a declared path's own string where it is the same: there is one for all of its connections.</summary>
    internal void SharePath(string declared)
    {
        if (declared == _path)
        {
            _path = declared;
        }
    }

    /// <summary>Takes something out of the query, which it must not be read from any more.</summary>
    internal void ReplaceQuery(string query)
    {
        var target = RawTarget;
        var start = target.IndexOf('?', StringComparison.Ordinal);
        _rawTarget = (start < 0 ? target : target[..start]) + query;
        _queryString = query;
        _query = null;
    }
}
