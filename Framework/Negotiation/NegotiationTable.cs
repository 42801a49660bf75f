using System.Collections.Frozen;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>All declared protocols by path, in declared order. Created once at start, then read-only.</summary>
internal sealed class NegotiationTable
{
    private readonly FrozenDictionary<string, PathProtocols> _literal;
    private readonly PathTree _parameterized = new();

    public NegotiationTable(IEnumerable<ProtocolRoute> routes)
    {
        var paths = routes
            .GroupBy(static route => route.Template.Shape, StringComparer.Ordinal)
            .Select(static group => new PathProtocols(group.First().Template, [.. group]))
            .ToArray();
        Paths = paths;
        _literal = paths.Where(static path => !path.Template.HasParameters).ToFrozenDictionary(static path => path.Template.Text, StringComparer.Ordinal);
        foreach (var path in paths.Where(static path => path.Template.HasParameters))
        {
            _parameterized.Add(path);
        }
    }

    /// <summary>All paths, in declared order.</summary>
    public IReadOnlyList<PathProtocols> Paths { get; }

    /// <summary>The protocols of a path; a literal path has priority over one with parameters.</summary>
    public PathProtocols? Find(string path) =>
        _literal.GetValueOrDefault(path) ?? (path is ['/', ..] ? _parameterized.Find(path.AsSpan(1)) : null);
}
