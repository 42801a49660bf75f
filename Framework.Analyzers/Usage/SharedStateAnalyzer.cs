using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;
using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Analyzers;

/// <summary>
/// Reports mutable handler state that a concurrent method accesses without synchronization: UPG114. Concurrent messages, streams and the
/// background method are concurrent. Any method that accesses static state counts too.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class SharedStateAnalyzer : DiagnosticAnalyzer
{
    // Methods that change a collection, which is not safe if the collection is not thread-safe.
    private static readonly HashSet<string> s_changing = new(StringComparer.Ordinal)
    {
        "Add", "AddFirst", "AddLast", "AddRange", "Append", "AppendLine", "Clear", "Dequeue", "Enqueue", "Insert", "InsertRange", "Pop", "Push",
        "Remove", "RemoveAll", "RemoveAt", "RemoveFirst", "RemoveLast", "RemoveRange", "Reverse", "Sort", "TryAdd", "TryDequeue", "TryPop", "UnionWith", "ExceptWith",
    };

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [HandlerCodeRules.SharedState];

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

        var uses = new StateUses(HandlerMethods.Collect(type));
        context.RegisterOperationAction(
            operation => Look(operation, type, uses), OperationKind.FieldReference, OperationKind.PropertyReference, OperationKind.ParameterReference);
        context.RegisterSymbolEndAction(end =>
        {
            foreach (var (state, method, place, others, remedy) in uses.Shared())
            {
                end.ReportDiagnostic(Diagnostic.Create(HandlerCodeRules.SharedState, place.GetLocation(), method.Display(), state.Name, others, remedy));
            }
        });
    }

    private static void Look(OperationAnalysisContext context, INamedTypeSymbol type, StateUses uses)
    {
        if (StateOf(context.Operation, type) is { } state && context.ContainingSymbol is IMethodSymbol method
            && method.MethodKind is not (MethodKind.Constructor or MethodKind.StaticConstructor))
        {
            uses.Add(state, method, context.Operation.Syntax, isChange: IsChange(context.Operation, state), isGuarded: IsGuarded(context.Operation));
        }
    }

    // A field, an auto-property or a captured primary constructor parameter of this instance, or static state.
    private static ISymbol? StateOf(IOperation operation, INamedTypeSymbol type) => operation switch
    {
        IFieldReferenceOperation { Field: { IsStatic: true, IsConst: false, IsVolatile: false } field }
            when IsOf(field, type) && !field.Has("System", "ThreadStaticAttribute") => field,
        IFieldReferenceOperation { Field: { IsStatic: false, IsVolatile: false } field, Instance: IInstanceReferenceOperation } => field,
        IPropertyReferenceOperation { Property: { IsStatic: true } property } when IsOf(property, type) && IsAuto(property) => property,
        IPropertyReferenceOperation { Property: { IsStatic: false, IsIndexer: false } property, Instance: IInstanceReferenceOperation } when IsAuto(property) => property,
        IParameterReferenceOperation { Parameter: { ContainingSymbol: IMethodSymbol { MethodKind: MethodKind.Constructor } constructor } parameter }
            when SymbolEqualityComparer.Default.Equals(constructor.ContainingType, type) => parameter,
        _ => null,
    };

    private static bool IsOf(ISymbol member, INamedTypeSymbol type) =>
        type.SelfAndBases().Any(level => SymbolEqualityComparer.Default.Equals(level.OriginalDefinition, member.ContainingType.OriginalDefinition));

    private static bool IsAuto(IPropertySymbol property) =>
        property.ContainingType.GetMembers().OfType<IFieldSymbol>().Any(field => SymbolEqualityComparer.Default.Equals(field.AssociatedSymbol, property));

    private static bool IsChange(IOperation operation, ISymbol state) => operation.Parent switch
    {
        IAssignmentOperation assignment => ReferenceEquals(assignment.Target, operation),
        IIncrementOrDecrementOperation => true,
        ITupleOperation { Parent: IDeconstructionAssignmentOperation deconstruction } tuple => ReferenceEquals(deconstruction.Target, tuple),
        IArgumentOperation { Parameter.RefKind: RefKind.Ref or RefKind.Out } => true,
        IArrayElementReferenceOperation element => element.ArrayReference == operation && IsChange(element, state),
        IInvocationOperation call => call.Instance == operation && IsUnsafeCollection(call.TargetMethod.ContainingType) && s_changing.Contains(call.TargetMethod.Name),
        IPropertyReferenceOperation { Property.IsIndexer: true } indexer =>
            indexer.Instance == operation && IsUnsafeCollection(indexer.Property.ContainingType) && IsChange(indexer, state),
        _ => false,
    };

    private static bool IsUnsafeCollection(INamedTypeSymbol type) =>
        Symbols.IsNamespace(type.ContainingNamespace, "System.Collections.Generic") || type.Is("System.Text", "StringBuilder");

    // Synchronized by a surrounding lock, or by an earlier call in the method: a semaphore, a monitor, an entered lock.
    private static bool IsGuarded(IOperation operation)
    {
        var root = operation;
        for (var parent = operation.Parent; parent is not null; root = parent, parent = parent.Parent)
        {
            switch (parent)
            {
                case ILockOperation:
                case IArgumentOperation { Parent: IInvocationOperation { TargetMethod: { IsStatic: true, ContainingType: { Name: "Interlocked" or "Volatile" } safe } } }
                    when Symbols.IsNamespace(safe.ContainingNamespace, "System.Threading"):
                    return true;
            }
        }

        return root.Descendants().OfType<IInvocationOperation>().Any(call => call.TargetMethod switch
        {
            { Name: "Wait" or "WaitAsync", ContainingType.Name: "SemaphoreSlim" } => true,
            { Name: "Enter" or "TryEnter", ContainingType.Name: "Monitor" or "SpinLock" } => true,
            { Name: "Enter" or "EnterScope" or "TryEnter", ContainingType.Name: "Lock" } => true,
            { Name: "EnterReadLock" or "EnterWriteLock" or "EnterUpgradeableReadLock", ContainingType.Name: "ReaderWriterLockSlim" } => true,
            _ => false,
        });
    }
}
