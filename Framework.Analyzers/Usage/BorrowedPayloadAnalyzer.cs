using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Analyzers;

/// <summary>
/// Reports a borrowed payload that is kept after its method has ended: UPG109. Copies, and uses within the method, are allowed. In unclear
/// cases it reports nothing.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class BorrowedPayloadAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [HandlerCodeRules.BorrowedOutlives];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.RegisterSymbolStartAction(Start, SymbolKind.NamedType);
    }

    private static void Start(SymbolStartAnalysisContext context)
    {
        var type = (INamedTypeSymbol)context.Symbol;
        if (type.TypeKind != TypeKind.Class || !DeclarationReader.IsHandler(type))
        {
            return;
        }

        var borrowing = new Dictionary<ISymbol, IParameterSymbol>(SymbolEqualityComparer.Default);
        foreach (var (method, _) in HandlerMethods.Collect(type).Messages)
        {
            if (method.Parameters.FirstOrDefault(BorrowedValue.IsBorrowed) is { } parameter)
            {
                borrowing[method] = parameter;
            }
        }

        if (borrowing.Count > 0)
        {
            context.RegisterOperationBlockAction(block => Analyze(block, borrowing));
        }
    }

    private static void Analyze(OperationBlockAnalysisContext context, Dictionary<ISymbol, IParameterSymbol> borrowing)
    {
        if (!borrowing.TryGetValue(context.OwningSymbol, out var parameter))
        {
            return;
        }

        var value = new BorrowedValue(parameter, context.OperationBlocks);
        foreach (var (place, how) in value.Escapes())
        {
            context.ReportDiagnostic(Diagnostic.Create(
                HandlerCodeRules.BorrowedOutlives,
                place.Syntax.GetLocation(),
                ImmutableDictionary<string, string?>.Empty.Add("CanCopy", BorrowedValue.CanCopy(place) ? "true" : null),
                parameter.Name,
                ((IMethodSymbol)context.OwningSymbol).Display(),
                how));
        }
    }
}
