using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace UpgradeProtocols;

/// <summary>Copies a request that ASP.NET Core has parsed. The copy doesn't refer to the <see cref="HttpContext"/>.</summary>
internal static class MappedRequest
{
    public static UpgradeRequest Create(HttpContext context)
    {
        var request = context.Request;
        var connection = context.Connection;
        var connect = context.Features.Get<IHttpExtendedConnectFeature>();
        return new UpgradeRequest(
            request.Method,
            request.Path.Value is { Length: > 0 } path ? path : "/",
            context.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "",
            request.QueryString.Value ?? "",
            VersionOf(request.Protocol),
            HttpSchemes.Find(request.Scheme) ?? request.Scheme,
            request.Host.Value ?? "",
            new UpgradeRequestHeaders(FieldsOf(request.Headers)))
        {
            ConnectProtocol = connect is { IsExtendedConnect: true } ? connect.Protocol : null,
            RemoteEndPoint = EndPointOf(connection.RemoteIpAddress, connection.RemotePort),
            LocalEndPoint = EndPointOf(connection.LocalIpAddress, connection.LocalPort),
        };
    }

    /// <summary>
    /// Moves a token from a subprotocol or the query to the place where authentication looks for it, before authentication runs. Other code
    /// no longer finds it in the old place.
    /// </summary>
    public static void PutToken(HttpContext context, UpgradeRequest request)
    {
        var headers = context.Request.Headers;
        headers.SecWebSocketProtocol = request.Headers["Sec-WebSocket-Protocol"];
        context.Request.QueryString = new QueryString(request.QueryString);
        if (context.Features.Get<IHttpRequestFeature>() is { } feature)
        {
            feature.RawTarget = request.RawTarget;
        }

        if (headers.Authorization.Count == 0)
        {
            headers.Authorization = "Bearer " + request.TakenToken;
        }
    }

    private static List<KeyValuePair<string, string>> FieldsOf(IHeaderDictionary headers)
    {
        var fields = new List<KeyValuePair<string, string>>(headers.Count);
        foreach (var (name, values) in headers)
        {
            foreach (var value in values)
            {
                fields.Add(new(name, value ?? ""));
            }
        }

        return fields;
    }

    private static Version VersionOf(string protocol) => protocol switch
    {
        _ when HttpProtocol.IsHttp10(protocol) => HttpVersion.Version10,
        _ when HttpProtocol.IsHttp2(protocol) => HttpVersion.Version20,
        _ when HttpProtocol.IsHttp3(protocol) => HttpVersion.Version30,
        _ => HttpVersion.Version11,
    };

    private static IPEndPoint? EndPointOf(IPAddress? address, int port) => address is null ? null : new IPEndPoint(address, port);
}
