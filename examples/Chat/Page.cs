using Microsoft.AspNetCore.Http;

namespace Chat;

/// <summary>The chat page: one file that loads nothing else and connects only to the chat.</summary>
internal sealed class Page : IResult
{
    private const string Policy =
        "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private readonly IResult _html = Results.Content(Read(), "text/html; charset=utf-8");

    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.Headers.ContentSecurityPolicy = Policy;
        httpContext.Response.Headers.CacheControl = "no-cache";
        return _html.ExecuteAsync(httpContext);
    }

    private static string Read()
    {
        using var page = new StreamReader(typeof(Page).Assembly.GetManifestResourceStream("page.html")!);
        return page.ReadToEnd();
    }
}
