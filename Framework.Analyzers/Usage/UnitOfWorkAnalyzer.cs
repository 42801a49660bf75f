using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Analyzers;

/// <summary>Reports a handler's constructor parameters that are designed for one unit of work: UPG113.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class UnitOfWorkAnalyzer : DiagnosticAnalyzer
{
    private static readonly (string Namespace, string Name)[] s_units =
    [
        ("Microsoft.EntityFrameworkCore", "DbContext"),
        ("System.Data", "IDbConnection"),
        ("System.Data", "IDbTransaction"),
    ];

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [HandlerCodeRules.UnitOfWorkInConstructor];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.RegisterSymbolAction(Analyze, SymbolKind.NamedType);
    }

    private static void Analyze(SymbolAnalysisContext context)
    {
        var type = (INamedTypeSymbol)context.Symbol;
        if (type.TypeKind != TypeKind.Class || !DeclarationReader.IsHandler(type)
            || ConstructorReader.Choose(type, context.Compilation) is not { } constructor)
        {
            return;
        }

        foreach (var parameter in constructor.Parameters.Where(parameter => IsUnitOfWork(parameter.Type)))
        {
            context.ReportDiagnostic(Diagnostic.Create(
                HandlerCodeRules.UnitOfWorkInConstructor, parameter.FirstLocation(), parameter.Name, type.Name));
        }
    }

    private static bool IsUnitOfWork(ITypeSymbol type)
    {
        type.IsNullableValue(out type);
        return type is INamedTypeSymbol named && named.SelfAndBases().Concat(named.AllInterfaces).Any(level => s_units.Any(unit => level.Is(unit.Namespace, unit.Name)));
    }
}
