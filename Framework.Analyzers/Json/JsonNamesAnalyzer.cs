using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Analyzers;

/// <summary>Reports a protocol's JSON context that has two types of one name: UPG207. System.Text.Json omits one of them.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class JsonNamesAnalyzer : FrameworkAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [JsonRules.OneName];

    private protected override void Start(CompilationStartAnalysisContext context, FrameworkTypes types) =>
        context.RegisterSymbolAction(symbol => Analyze(symbol, types), SymbolKind.NamedType);

    private static void Analyze(SymbolAnalysisContext context, FrameworkTypes types)
    {
        var type = (INamedTypeSymbol)context.Symbol;
        if (type.TypeKind != TypeKind.Class || type.BaseType is null or { Name: "Object" } || !type.Has("System.Text.Json.Serialization", "JsonSerializableAttribute")
            || !DeclarationIndex.For(context.Compilation, types, context.CancellationToken).Own.Any(protocol => SymbolEqualityComparer.Default.Equals(protocol.JsonContext, type)))
        {
            return;
        }

        foreach (var (first, second, name) in JsonNames.Clashes(type))
        {
            context.ReportDiagnostic(Diagnostic.Create(
                JsonRules.OneName,
                type.FirstLocation(),
                type.Name,
                first.ToDisplayString(SymbolDisplayFormat.CSharpErrorMessageFormat),
                second.ToDisplayString(SymbolDisplayFormat.CSharpErrorMessageFormat),
                name,
                $"[JsonSerializable(typeof({second.ToDisplayString(SymbolDisplayFormat.CSharpErrorMessageFormat)}), TypeInfoPropertyName = \"{JsonNames.Unique(second)}\")]"));
        }
    }
}
