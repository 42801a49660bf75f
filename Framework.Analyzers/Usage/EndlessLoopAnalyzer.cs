using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;
using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Analyzers;

/// <summary>Reports endless loops in methods that delay the connection's next message: UPG115.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class EndlessLoopAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [HandlerCodeRules.EndlessLoop];

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

        var methods = HandlerMethods.Collect(type);
        var serial = new Dictionary<ISymbol, string>(SymbolEqualityComparer.Default);
        foreach (var (method, attribute) in methods.Messages)
        {
            // A stream leaves the connection's serial queue once it has started. Concurrent methods don't wait in it either.
            if (attribute.Value<bool>("Concurrent") != true && !IsStream(method.ReturnType))
            {
                serial[method] = "move the loop to a method with [Background], return an IAsyncEnumerable<T>, or set Concurrent = true";
            }
        }

        foreach (var method in methods.Lifecycle(MethodRole.OnConnected))
        {
            serial[method] = "mark it with [Background], so that it runs concurrently with the messages";
        }

        if (serial.Count > 0)
        {
            context.RegisterOperationAction(loop => Analyze(loop, serial), OperationKind.Loop);
            context.RegisterOperationAction(call => AnalyzeCall(call, serial), OperationKind.Invocation);
        }
    }

    private static bool IsStream(ITypeSymbol type) => type.Is("System.Collections.Generic", "IAsyncEnumerable`1");

    private static void Analyze(OperationAnalysisContext context, Dictionary<ISymbol, string> serial)
    {
        var loop = (ILoopOperation)context.Operation;
        if (serial.TryGetValue(context.ContainingSymbol, out var remedy)
            && !IsInAnotherFunction(loop)
            && NeverEnds(loop)
            && !CanBeLeft(loop, loop.Body))
        {
            var method = (IMethodSymbol)context.ContainingSymbol;
            context.ReportDiagnostic(Diagnostic.Create(HandlerCodeRules.EndlessLoop, Keyword(loop.Syntax).GetLocation(), method.Display(), remedy));
        }
    }

    // An infinite delay has the same effect as an endless loop.
    private static void AnalyzeCall(OperationAnalysisContext context, Dictionary<ISymbol, string> serial)
    {
        var call = (IInvocationOperation)context.Operation;
        if (serial.TryGetValue(context.ContainingSymbol, out var remedy) && EndlessDelay.Is(call) && !IsInAnotherFunction(call))
        {
            context.ReportDiagnostic(Diagnostic.Create(
                HandlerCodeRules.EndlessLoop, call.Syntax.GetLocation(), ((IMethodSymbol)context.ContainingSymbol).Display(), remedy));
        }
    }

    private static SyntaxToken Keyword(SyntaxNode loop) => loop switch
    {
        WhileStatementSyntax statement => statement.WhileKeyword,
        DoStatementSyntax statement => statement.DoKeyword,
        ForStatementSyntax statement => statement.ForKeyword,
        _ => loop.GetFirstToken(),
    };

    // A loop that ends only with the connection is endless for its messages.
    private static bool NeverEnds(ILoopOperation loop) => loop switch
    {
        IWhileLoopOperation { Condition: { } condition } endless => !endless.ConditionIsUntil && LastsWithConnection(condition),
        IForLoopOperation { Condition: null } => true,
        IForLoopOperation { Condition: { } condition } => LastsWithConnection(condition),
        _ => false,
    };

    private static bool LastsWithConnection(IOperation condition) => condition switch
    {
        { ConstantValue: { HasValue: true, Value: true } } => true,
        IParenthesizedOperation parenthesized => LastsWithConnection(parenthesized.Operand),
        IUnaryOperation { OperatorKind: UnaryOperatorKind.Not, Operand: IPropertyReferenceOperation { Property.Name: "IsCancellationRequested", Instance: { } token } } =>
            IsTokenOfConnection(token),
        IAwaitOperation { Operation: var awaited } => IsTick(awaited),
        _ => false,
    };

    internal static bool IsTokenOfConnection(IOperation token) =>
        token is IParameterReferenceOperation || (token is IPropertyReferenceOperation { Property: { Name: "Closed" } property } && property.ContainingType.Is(Attributes.Namespace, "UpgradeConnection"));

    private static bool IsTick(IOperation awaited) => awaited switch
    {
        IInvocationOperation { TargetMethod.Name: "ConfigureAwait", Instance: { } inner } => IsTick(inner),
        IInvocationOperation { TargetMethod: { Name: "WaitForNextTickAsync" } tick } => tick.ContainingType.Is("System.Threading", "PeriodicTimer"),
        _ => false,
    };

    private static bool CanBeLeft(ILoopOperation loop, IOperation operation)
    {
        foreach (var child in operation.ChildOperations)
        {
            switch (child)
            {
                case IAnonymousFunctionOperation or ILocalFunctionOperation:
                    continue;
                case IReturnOperation or IThrowOperation:
                    return true;
                case IBranchOperation { BranchKind: BranchKind.Break } leave when SymbolEqualityComparer.Default.Equals(leave.Target, loop.ExitLabel):
                    return true;
                case IBranchOperation { BranchKind: BranchKind.GoTo }:
                    return true;
                case IInvalidOperation:
                    return true;
            }

            if (CanBeLeft(loop, child))
            {
                return true;
            }
        }

        // The body may be a single statement that leaves the loop.
        return operation is IReturnOperation or IThrowOperation or IInvalidOperation
            || (operation is IBranchOperation { BranchKind: BranchKind.Break } only && SymbolEqualityComparer.Default.Equals(only.Target, loop.ExitLabel));
    }

    private static bool IsInAnotherFunction(IOperation operation)
    {
        for (var parent = operation.Parent; parent is not null; parent = parent.Parent)
        {
            if (parent is IAnonymousFunctionOperation or ILocalFunctionOperation)
            {
                return true;
            }
        }

        return false;
    }
}
