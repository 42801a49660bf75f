using System.Security.Cryptography;
using System.Text;

namespace UpgradeProtocols;

/// <summary>The explorer's page: one embedded file that loads nothing from other servers.</summary>
internal static class ExplorerPage
{
    private static readonly string s_html = Read();

    public static byte[] Bytes { get; } = Encoding.UTF8.GetBytes(s_html);

    /// <summary>Allows only the page's own style and script to run, so that no text of a peer can run as script.</summary>
    public static string SecurityPolicy { get; } =
        $"default-src 'none'; script-src '{HashOf("script")}'; style-src '{HashOf("style")}'; connect-src 'self'; img-src data:; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static string HashOf(string element)
    {
        var start = s_html.IndexOf($"<{element}>", StringComparison.Ordinal) + element.Length + 2;
        var text = s_html[start..s_html.IndexOf($"</{element}>", start, StringComparison.Ordinal)];
        return "sha256-" + Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }

    private static string Read()
    {
        using var page = new StreamReader(typeof(ExplorerPage).Assembly.GetManifestResourceStream("UpgradeProtocols.Explorer.html")!);

        // A browser hashes the text with LF, however the file was checked out.
        return page.ReadToEnd().ReplaceLineEndings("\n");
    }
}
