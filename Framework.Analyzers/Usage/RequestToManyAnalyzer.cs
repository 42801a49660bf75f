using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;
using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Analyzers;

/// <summary>Reports a client contract's request that is called on a group: UPG304.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class RequestToManyAnalyzer : FrameworkAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [Rules.RequestOnGroup];

    private protected override void Start(CompilationStartAnalysisContext context, FrameworkTypes types)
    {
        if (types.Clients is not null)
        {
            context.RegisterOperationAction(operation => Analyze(operation, types), OperationKind.Invocation);
        }
    }

    private static void Analyze(OperationAnalysisContext context, FrameworkTypes types)
    {
        var call = (IInvocationOperation)context.Operation;
        if (!IsRequest(call.TargetMethod, types) || TargetOf(call.Instance, types) is not { } target)
        {
            return;
        }

        context.ReportDiagnostic(Diagnostic.Create(Rules.RequestOnGroup, NameOf(call.Syntax).GetLocation(), call.TargetMethod.Name, target));
    }

    private static bool IsRequest(IMethodSymbol method, FrameworkTypes types) =>
        method.ContainingType is { TypeKind: TypeKind.Interface } contract
        && DeclarationReader.IsRequest(method)
        && types.IsClientContract(contract);

    // All, Group(…) and Except(…) may select several connections. Connection(…) selects one. User(…) is allowed, but a request requires
    // that the user has one connection.
    private static string? TargetOf(IOperation? operation, FrameworkTypes types) => operation switch
    {
        IConversionOperation conversion => TargetOf(conversion.Operand, types),
        IParenthesizedOperation parenthesized => TargetOf(parenthesized.Operand, types),
        IConditionalAccessOperation access => TargetOf(access.WhenNotNull, types),
        IConditionalAccessInstanceOperation instance => TargetOf(Receiver(instance), types),
        IPropertyReferenceOperation { Property: { Name: "All" } property } when IsOfClients(property, types) => "All",
        IInvocationOperation { TargetMethod: { Name: "Group" or "Except" } method } when IsOfClients(method, types) => method.Name + "(…)",
        ILocalReferenceOperation local => TargetOf(OnlyValue(local), types),
        _ => null,
    };

    private static bool IsOfClients(ISymbol member, FrameworkTypes types) =>
        FrameworkTypes.Is(member.ContainingType.OriginalDefinition, types.Clients);

    private static IOperation? Receiver(IConditionalAccessInstanceOperation instance)
    {
        for (IOperation? parent = instance.Parent, child = instance; parent is not null; child = parent, parent = parent.Parent)
        {
            if (parent is IConditionalAccessOperation access && ReferenceEquals(access.WhenNotNull, child))
            {
                return access.Operation;
            }
        }

        return null;
    }

    // The initializer of a local, if no other value is assigned.
    private static IOperation? OnlyValue(ILocalReferenceOperation local)
    {
        IOperation root = local;
        while (root.Parent is { } parent)
        {
            root = parent;
        }

        var isWrittenAgain = root.Descendants().OfType<IAssignmentOperation>()
            .Any(assignment => assignment.Target is ILocalReferenceOperation target && SymbolEqualityComparer.Default.Equals(target.Local, local.Local));
        return isWrittenAgain
            ? null
            : root.Descendants().OfType<IVariableDeclaratorOperation>()
                .FirstOrDefault(declarator => SymbolEqualityComparer.Default.Equals(declarator.Symbol, local.Local))
                ?.GetVariableInitializer()?.Value;
    }

    private static SyntaxNode NameOf(SyntaxNode call) => call is InvocationExpressionSyntax invocation
        ? invocation.Expression switch
        {
            MemberAccessExpressionSyntax access => access.Name,
            MemberBindingExpressionSyntax binding => binding.Name,
            var expression => expression,
        }
        : call;
}
