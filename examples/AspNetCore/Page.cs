namespace Board;

/// <summary>The page: one embedded file.</summary>
internal static class Page
{
    public static string Html { get; } = Read();

    private static string Read()
    {
        using var page = new StreamReader(typeof(Page).Assembly.GetManifestResourceStream("page.html")!);
        return page.ReadToEnd();
    }
}
