using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace UpgradeProtocols.Analyzers;

/// <summary>
/// The protocols and client contracts of a compilation and of the referenced assemblies whose protocols it registers. It is created once
/// for each compilation, when the first rule needs it.
/// </summary>
internal sealed class DeclarationIndex
{
    private static readonly ConditionalWeakTable<Compilation, DeclarationIndex> Indexes = new();

    private readonly HashSet<INamedTypeSymbol> _bases = new(SymbolEqualityComparer.Default);
    private readonly HashSet<INamedTypeSymbol> _clients = new(SymbolEqualityComparer.Default);

    private DeclarationIndex(Compilation compilation, FrameworkTypes types, CancellationToken cancellationToken)
    {
        var own = new List<DeclaredProtocol>();
        foreach (var type in TypesOf(compilation.Assembly.GlobalNamespace, cancellationToken).Where(HasAttributeLists))
        {
            foreach (var attribute in type.GetAttributes())
            {
                if (types.IsUpgradeProtocol(attribute))
                {
                    own.Add(DeclaredProtocol.Read(type, attribute));
                    AddBases(type);
                }
                else if (types.IsClientContract(attribute))
                {
                    _bases.UnionWith(type.AllInterfaces.Select(contract => contract.OriginalDefinition));
                }
            }
        }

        Own = [.. own.OrderBy(declared => declared.Attribute.ApplicationSyntaxReference?.SyntaxTree.FilePath, StringComparer.Ordinal)
                     .ThenBy(declared => declared.Attribute.ApplicationSyntaxReference?.Span.Start)];
        Referenced = types.Module is null ? [] : [.. compilation.SourceModule.ReferencedAssemblySymbols
            .Where(assembly => assembly.GetAttributes().Any(types.IsModule))
            .OrderBy(assembly => assembly.Name, StringComparer.Ordinal)
            .SelectMany(assembly => TypesOf(assembly.GlobalNamespace, cancellationToken))
            .SelectMany(type => type.GetAttributes().Where(types.IsUpgradeProtocol).Select(attribute => DeclaredProtocol.Read(type, attribute)))];
        _clients.UnionWith(Own.Concat(Referenced).Select(declared => declared.Client).OfType<INamedTypeSymbol>());
    }

    /// <summary>The protocols of this assembly, in the order of their source.</summary>
    public ImmutableArray<DeclaredProtocol> Own { get; }

    /// <summary>The protocols of the referenced assemblies that this assembly's generated code registers.</summary>
    public ImmutableArray<DeclaredProtocol> Referenced { get; }

    public static DeclarationIndex For(Compilation compilation, FrameworkTypes types, CancellationToken cancellationToken)
    {
        if (!Indexes.TryGetValue(compilation, out var index))
        {
            var made = new DeclarationIndex(compilation, types, cancellationToken);
            index = Indexes.GetValue(compilation, _ => made);
        }

        return index;
    }

    /// <summary>Whether a protocol names the contract in <c>Client</c>.</summary>
    public bool IsNamedAsClient(INamedTypeSymbol contract) => _clients.Contains(contract);

    /// <summary>Whether a handler or a client contract of this assembly derives from the type.</summary>
    public bool IsBase(INamedTypeSymbol type) => _bases.Contains(type.OriginalDefinition);

    private void AddBases(INamedTypeSymbol handler)
    {
        for (var type = handler.BaseType; type is not null && _bases.Add(type.OriginalDefinition); type = type.BaseType)
        {
        }
    }

    // Binding the attributes of every type is slower than checking the syntax for attributes first.
    private static bool HasAttributeLists(INamedTypeSymbol type) =>
        type.TypeKind is TypeKind.Class or TypeKind.Interface
        && type.DeclaringSyntaxReferences.Any(reference => reference.GetSyntax() is BaseTypeDeclarationSyntax { AttributeLists.Count: > 0 });

    private static IEnumerable<INamedTypeSymbol> TypesOf(INamespaceOrTypeSymbol container, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        foreach (var member in container is INamespaceSymbol ns ? ns.GetMembers() : container.GetTypeMembers().CastArray<INamespaceOrTypeSymbol>())
        {
            if (member is INamedTypeSymbol type)
            {
                yield return type;
            }

            foreach (var nested in TypesOf(member, cancellationToken))
            {
                yield return nested;
            }
        }
    }
}
