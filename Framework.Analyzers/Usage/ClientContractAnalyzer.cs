using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;

namespace UpgradeProtocols.Analyzers;

/// <summary>Reports <c>IClients&lt;T&gt;</c> and <c>Client&lt;T&gt;()</c> with a type that no protocol names: UPG303.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class ClientContractAnalyzer : FrameworkAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [UsageRules.ContractIsNotNamed];

    private protected override void Start(CompilationStartAnalysisContext context, FrameworkTypes types) =>
        context.RegisterSyntaxNodeAction(node => Analyze(node, types), SyntaxKind.GenericName);

    private static void Analyze(SyntaxNodeAnalysisContext context, FrameworkTypes types)
    {
        var name = (GenericNameSyntax)context.Node;
        if (name.Identifier.ValueText is not ("IClients" or "Client")
            || name.TypeArgumentList.Arguments is not [var argument]
            || !IsOurs(context.SemanticModel.GetSymbolInfo(name, context.CancellationToken).Symbol, types)
            || context.SemanticModel.GetTypeInfo(argument, context.CancellationToken).Type is not INamedTypeSymbol { TypeKind: not TypeKind.Error } contract
            || Problem(contract, types, context) is not { } problem)
        {
            return;
        }

        var display = contract.ToMinimalDisplayString(context.SemanticModel, argument.SpanStart);
        context.ReportDiagnostic(Diagnostic.Create(UsageRules.ContractIsNotNamed, argument.GetLocation(), display, problem));
    }

    private static bool IsOurs(ISymbol? symbol, FrameworkTypes types) => symbol switch
    {
        INamedTypeSymbol type => FrameworkTypes.Is(type.OriginalDefinition, types.Clients),
        IMethodSymbol method => FrameworkTypes.Is(method.ContainingType, types.Connection),
        _ => false,
    };

    private static string? Problem(INamedTypeSymbol contract, FrameworkTypes types, SyntaxNodeAnalysisContext context)
    {
        if (!types.IsClientContract(contract))
        {
            return "mark the interface with [ClientContract] and set it as the Client of an [UpgradeProtocol]";
        }

        var index = DeclarationIndex.For(context.Compilation, types, context.CancellationToken);
        return index.IsNamedAsClient(contract) || MayBeNamedElsewhere(contract, index, context.Compilation)
            ? null
            : "set it as the Client of an [UpgradeProtocol]";
    }

    // In a library, handlers that only the application declares may name the contract. An application sees all handlers.
    private static bool MayBeNamedElsewhere(INamedTypeSymbol contract, DeclarationIndex index, Compilation compilation)
    {
        if (compilation.Options.OutputKind is OutputKind.ConsoleApplication or OutputKind.WindowsApplication)
        {
            return false;
        }

        var isOfThisAssembly = SymbolEqualityComparer.Default.Equals(contract.ContainingAssembly, compilation.Assembly);
        return !isOfThisAssembly || index.Own.IsEmpty;
    }
}
