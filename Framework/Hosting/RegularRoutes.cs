using Microsoft.AspNetCore.Http;

namespace UpgradeProtocols;

/// <summary>A path that is served without an upgrade.</summary>
internal sealed record RegularRoute(string Method, string Path, Func<UpgradeRequest, CancellationToken, ValueTask<IResult>> Handler);

/// <summary>The regular routes by path and method.</summary>
internal sealed class RegularRoutes
{
    // RFC 9110 §9.3.7: OPTIONS * asks about the server as a whole. A path's additional methods aren't part of that.
    private static readonly RegularResponse s_ofServer = RegularResponse.Empty(204).WithHeader("Allow", "GET, HEAD, OPTIONS");

    private readonly Dictionary<string, Dictionary<string, RegularRoute>> _paths = new(StringComparer.Ordinal);

    public RegularRoutes(IEnumerable<RegularRoute> routes)
    {
        foreach (var route in routes)
        {
            if (!_paths.TryGetValue(route.Path, out var methods))
            {
                _paths.Add(route.Path, methods = new Dictionary<string, RegularRoute>(StringComparer.Ordinal));
            }

            methods[route.Method] = route;
        }
    }

    public bool Has(string path) => path == "*" || _paths.ContainsKey(path);

    /// <summary>The route, or the response to a request without a route: on a known path 405, which lists the path's methods.</summary>
    public (RegularRoute? Route, RegularResponse? Response) Find(UpgradeRequest request)
    {
        if (request.Path == "*")
        {
            return (null, s_ofServer);
        }

        // The route of GET serves HEAD.
        var methods = _paths[request.Path];
        if (methods.TryGetValue(request.Method, out var route) || (request.Method == "HEAD" && methods.TryGetValue("GET", out route)))
        {
            return (route, null);
        }

        var allow = string.Join(", ", methods.Keys.SelectMany(static method => method == "GET" ? ["GET", "HEAD"] : (string[])[method]));
        return (null, RegularResponse.Text($"This path has the methods {allow}.\n", 405).WithHeader("Allow", allow));
    }
}
