using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Analyzers;

/// <summary>
/// Reports projections for protocols that don't name the contract: UPG306, at the attribute. It ignores a public contract of a library,
/// which another assembly may name.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class ProjectionAnalyzer : FrameworkAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [Rules.Projection];

    private protected override void Start(CompilationStartAnalysisContext context, FrameworkTypes types) =>
        context.RegisterSymbolAction(symbol => Analyze(symbol, types), SymbolKind.NamedType);

    private static void Analyze(SymbolAnalysisContext context, FrameworkTypes types)
    {
        var type = (INamedTypeSymbol)context.Symbol;
        if (type.TypeKind != TypeKind.Interface || !types.IsClientContract(type) || IsForOthers(type, context.Compilation))
        {
            return;
        }

        var index = DeclarationIndex.For(context.Compilation, types, context.CancellationToken);
        var protocols = index.Own.Concat(index.Referenced)
            .Where(protocol => protocol.Client is { } client && (Same(client, type) || client.AllInterfaces.Any(level => Same(level, type))))
            .ToList();
        if (protocols.Count == 0 || protocols.Exists(protocol => protocol.Attribute.HasErrors()))
        {
            return;
        }

        foreach (var (method, attribute) in ProjectionReader.Declared(type).Where(declared => Same(declared.Method.ContainingType, type)))
        {
            foreach (var name in ProjectionReader.ProtocolsOf(attribute).Where(name => name.Length > 0 && !protocols.Exists(protocol => protocol.Name == name)))
            {
                var known = string.Join(", ", protocols.Select(protocol => protocol.Name).OfType<string>().Distinct().Select(known => $"'{known}'"));
                context.ReportDiagnostic(Diagnostic.Create(
                    Rules.Projection,
                    attribute.FindLocation(method),
                    method.Display(),
                    $"is for '{name}', which is not a protocol with the Client '{type.Name}': use {(known.Length == 0 ? "a protocol that has it" : $"one of {known}")}"));
            }
        }
    }

    private static bool IsForOthers(INamedTypeSymbol type, Compilation compilation) =>
        compilation.Options.OutputKind == OutputKind.DynamicallyLinkedLibrary && type.DeclaredAccessibility == Accessibility.Public;

    private static bool Same(ISymbol left, ISymbol right) => SymbolEqualityComparer.Default.Equals(left, right);
}
