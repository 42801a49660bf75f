using System.Text;

namespace UpgradeProtocols;

/// <summary>Method names as strings, without an allocation for the usual ones. Methods are case-sensitive (RFC 9110 §9.1).</summary>
internal static class HttpMethodNames
{
    private static readonly string[] Known = ["GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "CONNECT", "TRACE"];

    public static string Get(ReadOnlySpan<byte> method)
    {
        foreach (var known in Known)
        {
            if (Ascii.Equals(method, known))
            {
                return known;
            }
        }

        return Encoding.ASCII.GetString(method);
    }
}
