namespace Chat;

/// <summary>The page that people chat in: one file, and no request but for the chat itself.</summary>
internal static class Page
{
    private const string Policy =
        "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static RegularResponse Response { get; } = Read()
        .WithHeader("Content-Security-Policy", Policy)
        .WithHeader("Cache-Control", "no-cache");

    private static RegularResponse Read()
    {
        using var page = new StreamReader(typeof(Page).Assembly.GetManifestResourceStream("page.html")!);
        return RegularResponse.Html(page.ReadToEnd());
    }
}
