using System.Collections.Frozen;

namespace UpgradeProtocols;

/// <summary>All declared protocols by path, in declared order. Made once at start, then only read.</summary>
internal sealed class NegotiationTable
{
    private readonly FrozenDictionary<string, PathProtocols> _literal;
    private readonly PathProtocols[] _parameterized;

    public NegotiationTable(IEnumerable<ProtocolRoute> routes)
    {
        var paths = routes
            .GroupBy(static route => route.Template.Shape, StringComparer.Ordinal)
            .Select(static group => new PathProtocols(group.First().Template, [.. group]))
            .ToArray();
        Paths = paths;
        _literal = paths.Where(static path => !path.Template.HasParameters).ToFrozenDictionary(static path => path.Template.Text, StringComparer.Ordinal);
        _parameterized = [.. paths
            .Where(static path => path.Template.HasParameters)
            .OrderBy(static path => path.Template.Rank, StringComparer.Ordinal)];
    }

    /// <summary>All paths, in declared order.</summary>
    public IReadOnlyList<PathProtocols> Paths { get; }

    /// <summary>The path's protocols; a literal path goes before one with parameters.</summary>
    public PathProtocols? Find(string path)
    {
        if (_literal.TryGetValue(path, out var found))
        {
            return found;
        }

        foreach (var candidate in _parameterized)
        {
            if (candidate.Template.Matches(path))
            {
                return candidate;
            }
        }

        return null;
    }
}
