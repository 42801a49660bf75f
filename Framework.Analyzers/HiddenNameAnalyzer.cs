using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Analyzers;

/// <summary>Reports a declared type or namespace that hides a type that generated code names: UPG010, at the declaration.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class HiddenNameAnalyzer : FrameworkAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [Rules.GeneratedCode];

    private protected override void Start(CompilationStartAnalysisContext context, FrameworkTypes types)
    {
        if (types.Builder is not null)
        {
            context.RegisterSymbolAction(Analyze, SymbolKind.NamedType, SymbolKind.Namespace);
        }
    }

    private static void Analyze(SymbolAnalysisContext context)
    {
        var symbol = (INamespaceOrTypeSymbol)context.Symbol;
        if (NeededNames.IsHiddenBy(symbol))
        {
            context.ReportDiagnostic(Diagnostic.Create(
                Rules.GeneratedCode,
                symbol.FirstLocation(),
                symbol.ToDisplayString(),
                $"hides a name that generated code uses, so no code is generated in this project: rename the {(symbol is ITypeSymbol ? "type" : "namespace")}"));
        }
    }
}
