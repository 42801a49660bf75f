using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;
using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Analyzers;

/// <summary>
/// Reports protocols that a push doesn't reach: UPG307 at a call if some protocols of the contract don't have the push, and UPG308 at
/// <c>Versions</c> if no protocol of the contract has the name.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class PushReachAnalyzer : FrameworkAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [UsageRules.PushLacksVersions, UsageRules.PushVersionIsUnknown];

    private protected override void Start(CompilationStartAnalysisContext context, FrameworkTypes types)
    {
        context.RegisterOperationAction(operation => AnalyzeCall(operation, types), OperationKind.Invocation);
        context.RegisterSymbolAction(symbol => AnalyzeMethod(symbol, types), SymbolKind.NamedType);
    }

    private static void AnalyzeCall(OperationAnalysisContext context, FrameworkTypes types)
    {
        var call = (IInvocationOperation)context.Operation;
        var method = call.TargetMethod;
        if (method.ContainingType is not { TypeKind: TypeKind.Interface } declaring
            || method.Attribute(Attributes.Namespace, Attributes.Message)?.Texts("Versions") is not { } versions
            || call.Instance?.Type is not INamedTypeSymbol contract
            || !(types.IsClientContract(contract) || types.IsClientContract(declaring)))
        {
            return;
        }

        var missing = ProtocolsOf(types.IsClientContract(contract) ? contract : declaring, types, context.Compilation, context.CancellationToken)
            .Where(protocol => !versions.Contains(protocol.Name ?? ""))
            .Select(protocol => protocol.Name is { } name ? $"'{name}'" : $"the default of '{protocol.Path}'")
            .Distinct()
            .ToList();
        if (missing.Count > 0)
        {
            context.ReportDiagnostic(Diagnostic.Create(UsageRules.PushLacksVersions, call.Syntax.GetLocation(), method.Name, string.Join(", ", missing)));
        }
    }

    private static void AnalyzeMethod(SymbolAnalysisContext context, FrameworkTypes types)
    {
        var contract = (INamedTypeSymbol)context.Symbol;
        if (contract.TypeKind != TypeKind.Interface || !types.IsClientContract(contract))
        {
            return;
        }

        foreach (var method in contract.GetMembers().OfType<IMethodSymbol>())
        {
            if (method.Attribute(Attributes.Namespace, Attributes.Message) is not { } attribute
                || attribute.HasErrors() || attribute.Texts("Versions") is not { } versions)
            {
                continue;
            }

            // If no protocol names the contract, it is reported at its use instead. Another assembly may name it.
            var names = ProtocolsOf(contract, types, context.Compilation, context.CancellationToken).Select(protocol => protocol.Name).OfType<string>().Distinct().ToList();
            foreach (var version in versions.Where(version => names.Count > 0 && !names.Contains(version)))
            {
                context.ReportDiagnostic(Diagnostic.Create(
                    UsageRules.PushVersionIsUnknown,
                    attribute.FindLocation("Versions", method),
                    method.Name,
                    version,
                    contract.Name,
                    string.Join(", ", names.Select(name => $"'{name}'"))));
            }
        }
    }

    private static IEnumerable<DeclaredProtocol> ProtocolsOf(INamedTypeSymbol contract, FrameworkTypes types, Compilation compilation, CancellationToken cancellationToken)
    {
        var index = DeclarationIndex.For(compilation, types, cancellationToken);
        return index.Own.Concat(index.Referenced).Where(protocol => SymbolEqualityComparer.Default.Equals(protocol.Client, contract));
    }
}
