using Microsoft.CodeAnalysis;
using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Analyzers;

/// <summary>All that an assembly declares, read when a difference from the lock file was found.</summary>
internal sealed class DeclaredContract
{
    private readonly IReadOnlyList<ProtocolDescription> _protocols;

    private DeclaredContract(IReadOnlyList<ProtocolDescription> protocols, HashSet<(string?, string, string)> names)
    {
        _protocols = protocols;
        Names = names;
    }

    /// <summary>The names, paths and kinds of all protocols, also of those that have something wrong.</summary>
    public HashSet<(string? Name, string Path, string Kind)> Names { get; }

    public static DeclaredContract Read(Compilation compilation, FrameworkTypes types, CancellationToken cancellationToken)
    {
        var own = DeclarationIndex.For(compilation, types, cancellationToken).Own;
        return new DeclaredContract(
            [
                .. own.Select(protocol => protocol.Handler)
                    .Distinct<INamedTypeSymbol>(SymbolEqualityComparer.Default)
                    .SelectMany(handler => DescriptionReader.Read(handler, compilation, cancellationToken)),
            ],
            [.. own.Select(protocol => (protocol.Name, protocol.Path, protocol.IsRaw ? "raw" : "websocket"))]);
    }

    /// <summary>The protocol as it is declared now, or <see langword="null"/> when it isn't.</summary>
    public ProtocolDescription? Find(ProtocolDescription known) => _protocols.FirstOrDefault(known.IsSameAs);

    /// <summary>The lock file that takes in what was added. What breaks keeps its protocol as it was.</summary>
    public string WriteAdditions(LockFile published)
    {
        var kept = published.Protocols.Select(known => known.Protocol).Where(known => !_protocols.Any(known.IsSameAs));
        var updated = _protocols.Select(declared =>
            published.Protocols.FirstOrDefault(known => known.Protocol.IsSameAs(declared)).Protocol is { } before
            && ContractComparer.Compare(before, declared).Any(change => change.IsBreaking) ? before : declared);
        return DescriptionJson.Write(updated.Concat(kept));
    }
}
