using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Analyzers;

/// <summary>
/// Checks the JSON contexts of a compilation's protocols. It reports at the context, or at the argument <c>JsonContext</c> if the context
/// comes from another assembly.
/// </summary>
public abstract class JsonContextAnalyzer : FrameworkAnalyzer
{
    private protected const string Serialization = "System.Text.Json.Serialization";

    private protected override void Start(CompilationStartAnalysisContext context, FrameworkTypes types) =>
        context.RegisterSymbolAction(symbol => Analyze(symbol, types), SymbolKind.NamedType);

    /// <summary>Whether the rule holds for the contexts of a protocol.</summary>
    private protected virtual bool Concerns(bool isRaw) => true;

    /// <summary>Checks a context.</summary>
    private protected abstract void Check(SymbolAnalysisContext context, INamedTypeSymbol json, Location location);

    private void Analyze(SymbolAnalysisContext context, FrameworkTypes types)
    {
        var type = (INamedTypeSymbol)context.Symbol;
        if (type.TypeKind != TypeKind.Class)
        {
            return;
        }

        if (type.BaseType is { Name: not "Object" } && type.SelfAndBases().Any(level => level.Is(Serialization, "JsonSerializerContext")))
        {
            var index = DeclarationIndex.For(context.Compilation, types, context.CancellationToken);
            if (index.Own.Any(protocol => Concerns(protocol.IsRaw) && SymbolEqualityComparer.Default.Equals(protocol.JsonContext, type)))
            {
                Check(context, type, type.FirstLocation());
            }

            return;
        }

        foreach (var attribute in type.GetAttributes())
        {
            if (types.IsUpgradeProtocol(attribute)
                && Concerns(attribute.Value<int>("Kind") == (int)ProtocolKind.Raw)
                && attribute.On(type).Type("JsonContext") is INamedTypeSymbol { TypeKind: TypeKind.Class } json
                && !SymbolEqualityComparer.Default.Equals(json.ContainingAssembly, context.Compilation.Assembly))
            {
                Check(context, json, attribute.On(type).FindLocation("JsonContext", type));
            }
        }
    }
}
