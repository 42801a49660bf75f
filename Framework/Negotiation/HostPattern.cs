using System.Diagnostics.CodeAnalysis;

namespace UpgradeProtocols;

/// <summary>A pattern for allowed hosts: <c>*</c>, <c>app.example</c>, or <c>*.example</c> for its subdomains.</summary>
internal sealed class HostPattern
{
    private const string Advice = "Write a name without scheme and port, such as app.example, *.example, [::1], or *.";

    private readonly string? _host;
    private readonly string? _ending;

    private HostPattern(string? host, string? ending)
    {
        _host = host;
        _ending = ending;
    }

    public static bool TryParse(string text, [NotNullWhen(true)] out HostPattern? pattern)
    {
        pattern = text == "*" ? new HostPattern(null, "") : null;
        if (pattern is null && text.StartsWith("*.", StringComparison.Ordinal))
        {
            // An address has no subdomains.
            pattern = HostName.TryParse(text[2..], out var domain) && !HostName.IsAddress(domain) ? new HostPattern(null, "." + domain) : null;
        }
        else if (pattern is null && HostName.TryParse(text, out var host))
        {
            pattern = new HostPattern(host, null);
        }

        return pattern is not null;
    }

    /// <summary>Describes the error of a text that isn't a pattern.</summary>
    public static string Problem(string text) => $"'{text}' is not a valid host of a request. {Advice}";

    /// <param name="host">A host without port, as <see cref="HostName.Of"/> returns it.</param>
    public bool Matches(string host) => _ending is null ? host == _host : host.EndsWith(_ending, StringComparison.Ordinal);
}
