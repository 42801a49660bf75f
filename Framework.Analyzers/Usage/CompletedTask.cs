using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Analyzers;

/// <summary>Determines whether a task is known to be completed, so that reading its result doesn't block.</summary>
internal static class CompletedTask
{
    /// <summary>
    /// Whether the task was awaited, its completion was checked, or it was created completed or returned by Task.WhenAny or WhenEach.
    /// </summary>
    public static bool IsKnown(IOperation task)
    {
        var root = task;
        while (root.Parent is { } parent)
        {
            root = parent;
        }

        return IsGivenCompleted(task, root) || (SymbolOf(task) is { } symbol && WasAwaited(symbol, root)) || WasAwaitedWithOthers(task, root);
    }

    private static bool WasAwaited(ISymbol symbol, IOperation root) => root.Descendants().Any(operation => operation switch
    {
        IAwaitOperation awaited => Mentions(awaited, symbol),
        IPropertyReferenceOperation { Property.Name: "IsCompleted" or "IsCompletedSuccessfully", Instance: { } instance } => IsSame(instance, symbol),
        _ => false,
    });

    // An item of a collection that was awaited with Task.WhenAll.
    private static bool WasAwaitedWithOthers(IOperation task, IOperation root) =>
        CollectionOf(task, root) is { } items && SymbolOf(items) is { } collection
        && root.Descendants().OfType<IAwaitOperation>().Any(awaited => IsCallOf(awaited.Operation, "WhenAll") && Mentions(awaited, collection));

    private static bool IsGivenCompleted(IOperation task, IOperation root) => task switch
    {
        IParenthesizedOperation parenthesized => IsGivenCompleted(parenthesized.Operand, root),
        IConversionOperation conversion => IsGivenCompleted(conversion.Operand, root),
        IAwaitOperation awaited => IsCallOf(awaited.Operation, "WhenAny"),
        IInvocationOperation call => IsCallOf(call, "FromResult"),
        IPropertyReferenceOperation { Property.Name: "CompletedTask" } => true,
        ILocalReferenceOperation local => IsGivenCompleted(local.Local, root),
        _ => false,
    };

    private static bool IsGivenCompleted(ILocalSymbol local, IOperation root)
    {
        if (CollectionOf(local, root) is { } collection)
        {
            return IsCallOf(collection, "WhenEach");
        }

        var values = root.Descendants().Select(operation => operation switch
        {
            IVariableDeclaratorOperation declarator when IsSame(declarator.Symbol, local) => declarator.GetVariableInitializer()?.Value,
            ISimpleAssignmentOperation { Target: ILocalReferenceOperation target } assignment when IsSame(target.Local, local) => assignment.Value,
            _ => null,
        }).OfType<IOperation>().ToList();
        return values.Count > 0 && values.TrueForAll(value => value is not ILocalReferenceOperation && IsGivenCompleted(value, root));
    }

    // tasks[0], or the variable of a foreach over tasks.
    private static IOperation? CollectionOf(IOperation task, IOperation root) => task switch
    {
        IArrayElementReferenceOperation element => element.ArrayReference,
        IPropertyReferenceOperation { Property.IsIndexer: true } indexer => indexer.Instance,
        ILocalReferenceOperation local => CollectionOf(local.Local, root),
        _ => null,
    };

    private static IOperation? CollectionOf(ILocalSymbol local, IOperation root)
    {
        var collection = root.Descendants().OfType<IForEachLoopOperation>().FirstOrDefault(loop => loop.Locals.Any(variable => IsSame(variable, local)))?.Collection;
        return collection is IConversionOperation conversion ? conversion.Operand : collection;
    }

    private static bool IsCallOf(IOperation operation, string name) => operation switch
    {
        IConversionOperation conversion => IsCallOf(conversion.Operand, name),
        IInvocationOperation { TargetMethod.Name: "ConfigureAwait" or "WithCancellation" } call => (call.Instance ?? call.Arguments.FirstOrDefault()?.Value) is { } inner && IsCallOf(inner, name),
        IInvocationOperation { TargetMethod: { } method } => method.Name == name
            && (method.ContainingType.Name is "Task" or "ValueTask") && Symbols.IsNamespace(method.ContainingNamespace, "System.Threading.Tasks"),
        _ => false,
    };

    private static bool Mentions(IOperation operation, ISymbol symbol) => operation.Descendants().Any(descendant => IsSame(descendant, symbol));

    private static bool IsSame(IOperation operation, ISymbol symbol) => IsSame(SymbolOf(operation), symbol);

    private static bool IsSame(ISymbol? left, ISymbol right) => SymbolEqualityComparer.Default.Equals(left, right);

    private static ISymbol? SymbolOf(IOperation operation) => operation switch
    {
        ILocalReferenceOperation local => local.Local,
        IParameterReferenceOperation parameter => parameter.Parameter,
        IFieldReferenceOperation field => field.Field,
        _ => null,
    };
}
