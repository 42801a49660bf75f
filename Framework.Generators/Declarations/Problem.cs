using System.Collections.Immutable;
using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <summary>What is wrong with a declaration, and where the user must edit.</summary>
internal readonly struct Problem(DiagnosticDescriptor rule, Location location, params string[] args)
{
    public DiagnosticDescriptor Rule { get; } = rule;

    public Location Location { get; } = location;

    public IReadOnlyList<string> Args { get; } = args;

    /// <summary>What a code fix needs to know besides.</summary>
    public ImmutableDictionary<string, string?> Properties { get; init; } = ImmutableDictionary<string, string?>.Empty;

    public Diagnostic ToDiagnostic() => Diagnostic.Create(Rule, Location, Properties, [.. Args]);
}

/// <summary>Takes each problem once: what several versions of a protocol share is read for each of them.</summary>
internal sealed class ProblemSink(Action<Problem>? report)
{
    private readonly HashSet<(string Id, Location Location, string Args)> _seen = [];

    /// <summary>Whether anybody listens. Locations are only looked up when somebody does.</summary>
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
