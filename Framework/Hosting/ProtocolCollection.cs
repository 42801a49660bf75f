using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>The registered protocols and routes, until the engine freezes them.</summary>
internal sealed class ProtocolCollection
{
    public HashSet<string> Assemblies { get; } = new(StringComparer.Ordinal);

    public List<ProtocolEntry> Entries { get; } = [];

    public List<RegularRoute> RegularRoutes { get; } = [];

    public List<Func<Type, string?, bool>> Exclusions { get; } = [];

    public List<string> Urls { get; } = [];

    public FilterSet Filters { get; } = new();

    public IEnumerable<ProtocolEntry> Included => Entries.Where(entry => !Exclusions.Exists(excludes => excludes(entry.HandlerType, entry.Name)));
}
