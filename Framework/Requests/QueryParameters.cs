using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace UpgradeProtocols;

/// <summary>
/// The parameters of a query string in the format of browsers: name=value pairs separated by '&amp;', with '+' for a space.
/// </summary>
internal static class QueryParameters
{
    /// <summary>
    /// Parses a query. An invalid escape stays unchanged: unlike a path, a query has no second reader that could decode it differently.
    /// </summary>
    public static IQueryCollection Parse(string queryString)
    {
        var parameters = new Dictionary<string, StringValues>(StringComparer.OrdinalIgnoreCase);
        var text = queryString.StartsWith('?') ? queryString.AsSpan(1) : queryString;
        foreach (var range in text.Split('&'))
        {
            var pair = text[range];
            if (!pair.IsEmpty)
            {
                var equals = pair.IndexOf('=');
                var name = equals < 0 ? pair : pair[..equals];
                var value = equals < 0 ? [] : pair[(equals + 1)..];
                var key = Decode(name);
                parameters[key] = StringValues.Concat(parameters.GetValueOrDefault(key), Decode(value));
            }
        }

        return new QueryCollection(parameters);
    }

    private static string Decode(ReadOnlySpan<char> text) => WebUtility.UrlDecode(text.ToString());
}
