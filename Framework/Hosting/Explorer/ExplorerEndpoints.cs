using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace UpgradeProtocols;

/// <summary>The explorer's page and its data endpoints.</summary>
internal sealed class ExplorerEndpoints
{
    private readonly UpgradeEngine _engine;
    private readonly ExplorerData _data;
    private readonly OriginPolicy _ownOrigin = new(compareScheme: false, []);

    public ExplorerEndpoints(UpgradeEngine engine, ProtocolCollection protocols)
    {
        _engine = engine;
        _data = new ExplorerData(engine, protocols);
        engine.KeepRefusals();
    }

    public Task PageAsync(HttpContext context)
    {
        if (!_engine.AllowsHost(context.Request.Host.Value ?? ""))
        {
            return RefuseAsync(context, 400, "This server doesn't answer for this host: it isn't in AllowedHosts.\n");
        }

        Protect(context.Response);
        context.Response.Headers.ContentSecurityPolicy = ExplorerPage.SecurityPolicy;
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.ContentLength = ExplorerPage.Bytes.Length;
        return context.Response.Body.WriteAsync(ExplorerPage.Bytes, context.RequestAborted).AsTask();
    }

    public Task ProtocolsAsync(HttpContext context) =>
        AnswerAsync(context, context => _data.Protocols(context), ExplorerJson.Default.ExplorerProtocols);

    public Task LiveAsync(HttpContext context) => AnswerAsync(context, _ => _data.Live(), ExplorerJson.Default.ExplorerLive);

    private Task AnswerAsync<T>(HttpContext context, Func<HttpContext, T> ask, JsonTypeInfo<T> type)
    {
        if (!_engine.AllowsHost(context.Request.Host.Value ?? "") || !IsOwnPage(context))
        {
            return RefuseAsync(context, 403, "Only the explorer's own page is answered.\n");
        }

        Protect(context.Response);
        return context.Response.WriteAsJsonAsync(ask(context), type, cancellationToken: context.RequestAborted);
    }

    // A page of another origin couldn't read the response; it doesn't even get one. Clients other than browsers send neither header.
    private bool IsOwnPage(HttpContext context)
    {
        var headers = context.Request.Headers;
        var site = headers["Sec-Fetch-Site"];
        return (site.Count == 0 || site == "same-origin" || site == "none")
            && (headers.Origin.Count == 0 || _ownOrigin.Allows(MappedRequest.Create(context), headers.Origin.ToString(), ofProtocol: null));
    }

    private static void Protect(HttpResponse response)
    {
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers["Cross-Origin-Resource-Policy"] = "same-origin";
    }

    private static Task RefuseAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text, context.RequestAborted);
    }
}
