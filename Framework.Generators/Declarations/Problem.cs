using System.Collections.Immutable;
using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <summary>A problem of a declaration, and the location that the user must edit.</summary>
internal readonly struct Problem(DiagnosticDescriptor rule, Location location, params string[] args)
{
    public DiagnosticDescriptor Rule { get; } = rule;

    public Location Location { get; } = location;

    public IReadOnlyList<string> Args { get; } = args;

    /// <summary>Additional data for the code fix.</summary>
    public ImmutableDictionary<string, string?> Properties { get; init; } = ImmutableDictionary<string, string?>.Empty;

    public Diagnostic ToDiagnostic() => Diagnostic.Create(Rule, Location, Properties, [.. Args]);
}

/// <summary>
/// Reports each problem once. Declarations that several versions of a protocol share are read for each version.
/// </summary>
internal sealed class ProblemSink(Action<Problem>? report)
{
    private readonly HashSet<(string Id, Location Location, string Args)> _seen = [];

    /// <summary>Whether problems are reported. Locations are looked up only if they are.</summary>
    public bool IsListening => report is not null;

    public void Report(DiagnosticDescriptor rule, Func<Location> location, params string[] args) =>
        Report(rule, location, ImmutableDictionary<string, string?>.Empty, args);

    public void Report(DiagnosticDescriptor rule, Func<Location> location, ImmutableDictionary<string, string?> properties, params string[] args)
    {
        if (report is null)
        {
            return;
        }

        var place = location();
        if (_seen.Add((rule.Id, place, string.Join("\n", args))))
        {
            report(new Problem(rule, place, args) { Properties = properties });
        }
    }
}
