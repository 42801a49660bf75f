using Microsoft.CodeAnalysis;
using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Analyzers;

/// <summary>All protocols that an assembly declares. It is read only after a difference from the lock file is found.</summary>
internal sealed class DeclaredContract
{
    private readonly IReadOnlyList<ProtocolDescription> _protocols;

    private DeclaredContract(IReadOnlyList<ProtocolDescription> protocols, HashSet<(string?, string, string)> names)
    {
        _protocols = protocols;
        Names = names;
    }

    /// <summary>The names, paths and kinds of all protocols, including invalid ones.</summary>
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

    /// <summary>The current declaration of a published protocol, or <see langword="null"/> if there is none.</summary>
    public ProtocolDescription? Find(ProtocolDescription known) => _protocols.FirstOrDefault(known.IsSameAs);

    /// <summary>Writes a lock file with the additions. A protocol with breaking changes stays as published.</summary>
    public string WriteAdditions(LockFile published)
    {
        var kept = published.Protocols.Select(known => known.Protocol).Where(known => !_protocols.Any(known.IsSameAs));
        var updated = _protocols.Select(declared =>
            published.Protocols.FirstOrDefault(known => known.Protocol.IsSameAs(declared)).Protocol is { } before
            && ContractComparer.Compare(before, declared).Any(change => change.IsBreaking) ? before : declared);
        return DescriptionJson.Write(updated.Concat(kept));
    }
}
