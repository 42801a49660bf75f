using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;
using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Analyzers;

/// <summary>Reports sends that are not awaited: UPG121. A discard with <c>_ =</c> is intentional.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class UnawaitedPushAnalyzer : FrameworkAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [HandlerCodeRules.UnawaitedPush];

    private protected override void Start(CompilationStartAnalysisContext context, FrameworkTypes types) =>
        context.RegisterOperationAction(operation => Analyze(operation, types), OperationKind.Invocation);

    private static void Analyze(OperationAnalysisContext context, FrameworkTypes types)
    {
        var call = (IInvocationOperation)context.Operation;
        if (IsPush(call.TargetMethod, types) && IsForgotten(call))
        {
            context.ReportDiagnostic(Diagnostic.Create(HandlerCodeRules.UnawaitedPush, call.Syntax.GetLocation(), call.TargetMethod.Name));
        }
    }

    private static bool IsPush(IMethodSymbol method, FrameworkTypes types) =>
        method.ContainingType.TypeKind == TypeKind.Interface
            ? method.Has(Attributes.Namespace, Attributes.Message) && ContractReader.IsTask(method.ReturnType)
            : method.Name == "SendAsync" && FrameworkTypes.Is(method.ContainingType, types.Connection);

    private static bool IsForgotten(IOperation task)
    {
        var parent = task.Parent;
        while (parent is IConversionOperation or IParenthesizedOperation or IConditionalAccessOperation
            || parent is IInvocationOperation { TargetMethod.Name: "ConfigureAwait" or "AsTask" or "Preserve" })
        {
            task = parent;
            parent = task.Parent;
        }

        return parent switch
        {
            IExpressionStatementOperation => true,
            IVariableInitializerOperation { Parent: IVariableDeclaratorOperation declarator } => !IsUsed(declarator.Symbol, declarator),
            _ => false,
        };
    }

    private static bool IsUsed(ILocalSymbol local, IOperation declarator)
    {
        var root = declarator;
        while (root.Parent is { } parent)
        {
            root = parent;
        }

        return root.Descendants().OfType<ILocalReferenceOperation>().Any(reference => SymbolEqualityComparer.Default.Equals(reference.Local, local));
    }
}
