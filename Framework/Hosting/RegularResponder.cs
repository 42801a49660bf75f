namespace UpgradeProtocols;

/// <summary>Answers requests that aren't upgraded.</summary>
/// <param name="request">The request, with its body.</param>
/// <param name="cancellationToken">Is cancelled when the server stops.</param>
/// <returns>The answer.</returns>
public delegate ValueTask<RegularResponse> RegularResponder(UpgradeRequest request, CancellationToken cancellationToken);

/// <summary>The regular responders by path and method.</summary>
internal sealed class RegularResponderTable
{
    // RFC 9110 §9.3.7: OPTIONS * asks about the server as a whole. What a path has more is its own.
    private static readonly RegularResponse s_ofServer = RegularResponse.Empty(204).WithField("Allow", "GET, HEAD, OPTIONS");

    private readonly Dictionary<string, Dictionary<string, RegularResponder>> _paths = new(StringComparer.Ordinal);

    public RegularResponderTable(IEnumerable<RegularRoute> routes)
    {
        foreach (var route in routes)
        {
            if (!_paths.TryGetValue(route.Path, out var methods))
            {
                _paths.Add(route.Path, methods = new Dictionary<string, RegularResponder>(StringComparer.Ordinal));
            }

            methods[route.Method] = route.Responder;
        }

        _paths["*"] = new Dictionary<string, RegularResponder>(StringComparer.Ordinal) { ["OPTIONS"] = static (_, _) => new(s_ofServer) };
    }

    public bool Has(string path) => _paths.ContainsKey(path);

    /// <summary>The responder, or the 405 that tells which methods the path has. HEAD is answered by what answers GET.</summary>
    public (RegularResponder? Responder, RegularResponse? Refusal) Find(UpgradeRequest request)
    {
        var methods = _paths[request.Path];
        if (methods.TryGetValue(request.Method, out var responder)
            || (request.Method == "HEAD" && methods.TryGetValue("GET", out responder)))
        {
            return (responder, null);
        }

        var allow = string.Join(", ", methods.Keys.SelectMany(static method => method == "GET" ? ["GET", "HEAD"] : (string[])[method]));
        return (null, RegularResponse.Text($"This path has the methods {allow}.\n", 405).WithField("Allow", allow));
    }
}

internal sealed record RegularRoute(string Method, string Path, RegularResponder Responder);
