using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;
using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Analyzers;

/// <summary>Reports handler code that blocks its thread while it waits for a task or a delay: UPG108.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class BlockingAnalyzer : DiagnosticAnalyzer
{
    private const string Tasks = "System.Threading.Tasks";

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [UsageRules.Blocking];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.RegisterSymbolStartAction(
            static start =>
            {
                var type = (INamedTypeSymbol)start.Symbol;
                if (type.TypeKind == TypeKind.Class && DeclarationReader.IsHandler(type))
                {
                    start.RegisterOperationAction(operation => Analyze(operation, type), OperationKind.PropertyReference, OperationKind.Invocation);
                }
            },
            SymbolKind.NamedType);
    }

    private static void Analyze(OperationAnalysisContext context, INamedTypeSymbol handler)
    {
        // A nested class is not the handler, and a lambda may run on another thread.
        if (!SymbolEqualityComparer.Default.Equals(context.ContainingSymbol.ContainingType, handler) || IsInLambda(context.Operation))
        {
            return;
        }

        if (Blocking(context.Operation) is { } found && !(found.Task is { } task && CompletedTask.IsKnown(task)))
        {
            context.ReportDiagnostic(Diagnostic.Create(UsageRules.Blocking, context.Operation.Syntax.GetLocation(), found.Name, found.Instead));
        }
    }

    private static (string Name, string Instead, IOperation? Task)? Blocking(IOperation operation)
    {
        switch (operation)
        {
            case IPropertyReferenceOperation { Property: { Name: "Result" } property, Instance: { } task } when IsTask(property.ContainingType):
                return ("Result", "await the task", task);

            case IInvocationOperation { TargetMethod: { Name: "Wait" } method, Instance: { } task } when IsTask(method.ContainingType):
                return ("Wait", "await the task", task);

            case IInvocationOperation { TargetMethod: { Name: "WaitAll" or "WaitAny", IsStatic: true } method } when IsTask(method.ContainingType):
                return (method.Name, $"await Task.{method.Name.Replace("Wait", "When")}", null);

            case IInvocationOperation { TargetMethod: { Name: "GetResult" } method, Instance: IInvocationOperation { TargetMethod.Name: "GetAwaiter", Instance: { } task } }
                when Symbols.IsNamespace(method.ContainingNamespace, "System.Runtime.CompilerServices"):
                return ("GetResult", "await the task", Unconfigured(task));

            case IInvocationOperation { TargetMethod: { Name: "Sleep" } method } when method.ContainingType.Is("System.Threading", "Thread"):
                return ("Sleep", "await Task.Delay", null);

            default:
                return null;
        }
    }

    private static bool IsTask(INamedTypeSymbol type) =>
        type.Is(Tasks, "Task") || type.Is(Tasks, "Task`1") || type.Is(Tasks, "ValueTask`1");

    private static IOperation Unconfigured(IOperation task) =>
        task is IInvocationOperation { TargetMethod.Name: "ConfigureAwait", Instance: { } inner } ? inner : task;

    private static bool IsInLambda(IOperation operation)
    {
        for (var parent = operation.Parent; parent is not null; parent = parent.Parent)
        {
            if (parent is IAnonymousFunctionOperation)
            {
                return true;
            }
        }

        return false;
    }
}
