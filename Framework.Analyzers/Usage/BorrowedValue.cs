using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Analyzers;

/// <summary>Tracks a borrowed payload in a method: the expressions that are it, its parts or its holders, and outlive the call.</summary>
internal sealed class BorrowedValue
{
    private static readonly HashSet<string> s_keeping = new(StringComparer.Ordinal)
    {
        "Add", "AddFirst", "AddLast", "AddOrUpdate", "AddRange", "Append", "Enqueue", "GetOrAdd", "Insert", "Post", "Push", "Set", "TryAdd", "TryUpdate", "TryWrite",
        "WriteAsync", "SendAsync",
    };

    private static readonly HashSet<string> s_later = new(StringComparer.Ordinal)
    {
        "Run", "StartNew", "ContinueWith", "QueueUserWorkItem", "UnsafeQueueUserWorkItem", "Register", "UnsafeRegister", "Schedule",
    };

    // The parameter, and the locals that are aliases of it or hold it.
    private readonly HashSet<ISymbol> _aliases = new(SymbolEqualityComparer.Default);
    private readonly ImmutableArray<IOperation> _operations;

    public BorrowedValue(IParameterSymbol parameter, ImmutableArray<IOperation> blocks)
    {
        _aliases.Add(parameter);
        _operations = [.. blocks.SelectMany(block => block.DescendantsAndSelf())];
        while (AddAliases())
        {
        }
    }

    public static bool IsBorrowed(IParameterSymbol parameter) =>
        IsMemory(parameter.Type) && (ParameterBinding.Of(parameter).Source is BindingSource.ByType or BindingSource.Payload);

    /// <summary>Whether <c>.ToArray()</c> on the expression has a suitable type.</summary>
    public static bool CanCopy(IOperation place) =>
        place.Type is INamedTypeSymbol type && type.Is("System", "ReadOnlyMemory`1");

    /// <summary>The expressions that are kept, and how they are kept.</summary>
    public IEnumerable<(IOperation Place, string How)> Escapes()
    {
        foreach (var operation in _operations)
        {
            foreach (var escape in EscapesOf(operation))
            {
                yield return escape;
            }
        }
    }

    private IEnumerable<(IOperation Place, string How)> EscapesOf(IOperation operation)
    {
        switch (operation)
        {
            case IAssignmentOperation assignment when PlaceOf(assignment.Target) is { } target && BorrowedIn(assignment.Value) is { } place:
                return [(place, $"is stored in '{target}'")];

            case IInvocationOperation call:
                return EscapesOf(call);

            case IObjectCreationOperation { Constructor.ContainingType: var type } creation
                when type.Is("System.Threading", "Thread") || type.Is("System.Threading", "Timer"):
                return creation.Arguments.Select(argument => CapturedIn(argument.Value)).OfType<IOperation>().Take(1)
                    .Select(place => (place, $"is captured by a {type.Name} that continues"));

            case IEventAssignmentOperation { Adds: true } subscription when CapturedIn(subscription.HandlerValue) is { } place:
                return [(place, "is captured by an event handler")];

            default:
                return [];
        }
    }

    private IEnumerable<(IOperation Place, string How)> EscapesOf(IInvocationOperation call)
    {
        var method = call.TargetMethod;
        if (call.Instance is { } instance && s_keeping.Contains(method.Name) && IsKeeper(method.ContainingType))
        {
            if (PlaceOf(instance) is { } keeper
                && call.Arguments.Select(argument => BorrowedIn(argument.Value)).FirstOrDefault(found => found is not null) is { } kept)
            {
                return [(kept, $"is stored in '{keeper}'")];
            }

            return [];
        }

        if (s_later.Contains(method.Name) && Symbols.IsNamespaceOrInside(method.ContainingNamespace, "System.Threading"))
        {
            return IsTask(call.Type) && !IsForgotten(call)
                ? []
                : call.Arguments.Select(argument => CapturedIn(argument.Value) ?? BorrowedIn(argument.Value)).OfType<IOperation>().Take(1)
                    .Select(place => (place, "is captured by a task that is never awaited"));
        }

        // The framework's send methods encode the payload before they return.
        if (!IsTask(call.Type) || !IsForgotten(call) || IsOurs(method))
        {
            return [];
        }

        if (method.MethodKind == MethodKind.LocalFunction)
        {
            var body = _operations.OfType<ILocalFunctionOperation>().FirstOrDefault(local => SymbolEqualityComparer.Default.Equals(local.Symbol, method));
            if (body is not null && body.Descendants().FirstOrDefault(IsAlias) is not null)
            {
                return [(call, "is captured by a task that is never awaited")];
            }
        }

        return call.Arguments.Select(argument => BorrowedIn(argument.Value)).OfType<IOperation>().Take(1)
            .Select(place => (place, "is passed to a task that is never awaited"));
    }

    private static bool IsOurs(IMethodSymbol method) =>
        Symbols.IsNamespaceOrInside(method.ContainingNamespace, Attributes.Namespace) || DeclarationReader.IsContract(method.ContainingType);

    private static bool IsKeeper(INamedTypeSymbol type) =>
        type.AllInterfaces.Append(type).Any(level => level.SpecialType == SpecialType.System_Collections_IEnumerable)
        || type.Is("System.Threading.Channels", "ChannelWriter`1")
        || Symbols.IsNamespaceOrInside(type.ContainingNamespace, "System.Threading.Tasks.Dataflow");

    private static bool IsMemory(ITypeSymbol? type)
    {
        if (type is null)
        {
            return false;
        }

        type.IsNullableValue(out type);
        return type is INamedTypeSymbol { TypeArguments: [{ SpecialType: SpecialType.System_Byte }] }
            && (type.Is("System", "ReadOnlyMemory`1") || type.Is("System.Buffers", "ReadOnlySequence`1"));
    }

    private static bool IsTask(ITypeSymbol? type) =>
        type is not null && type.Name is "Task" or "ValueTask" && Symbols.IsNamespace(type.ContainingNamespace, "System.Threading.Tasks");

    /// <summary>The name of a target that outlives the method: a field, a property, an element, or a member of one of these.</summary>
    private string? PlaceOf(IOperation? target) => target switch
    {
        IFieldReferenceOperation { Field: { ContainingType.IsTupleType: false } field } => IsOfLocal(target) ? null : field.Name,
        IPropertyReferenceOperation { Property: { IsIndexer: true } } indexer => PlaceOf(indexer.Instance),
        IPropertyReferenceOperation property => IsOfLocal(target) ? null : property.Property.Name,
        IArrayElementReferenceOperation element => PlaceOf(element.ArrayReference),
        IConditionalAccessInstanceOperation instance => PlaceOf(ReceiverOf(instance)),
        IConversionOperation conversion => PlaceOf(conversion.Operand),
        ILocalReferenceOperation local => PlaceOf(OnlyValueOf(local.Local)),
        IParameterReferenceOperation { Parameter: { ContainingSymbol: IMethodSymbol { MethodKind: MethodKind.Constructor } } captured } => captured.Name,
        _ => null,
    };

    // An object that only a local refers to ends with the method, or is tracked through the local.
    private static bool IsOfLocal(IOperation? operation)
    {
        while (true)
        {
            switch (operation)
            {
                case IFieldReferenceOperation { Instance: { } instance }:
                    operation = instance;
                    break;
                case IPropertyReferenceOperation { Instance: { } instance }:
                    operation = instance;
                    break;
                case ILocalReferenceOperation or IInstanceReferenceOperation { ReferenceKind: InstanceReferenceKind.ImplicitReceiver }:
                    return true;
                default:
                    return false;
            }
        }
    }

    private IOperation? OnlyValueOf(ILocalSymbol local)
    {
        var values = _operations.OfType<IVariableDeclaratorOperation>()
            .Where(declarator => SymbolEqualityComparer.Default.Equals(declarator.Symbol, local))
            .Select(declarator => declarator.GetVariableInitializer()?.Value)
            .ToList();
        return values is [{ } only] and not [ILocalReferenceOperation] ? only : null;
    }

    private static IOperation? ReceiverOf(IConditionalAccessInstanceOperation instance)
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

    private bool AddAliases()
    {
        var count = _aliases.Count;
        foreach (var operation in _operations)
        {
            switch (operation)
            {
                case IVariableDeclaratorOperation declarator when declarator.GetVariableInitializer() is { } initializer && BorrowedIn(initializer.Value) is not null:
                    _aliases.Add(declarator.Symbol);
                    break;
                case IAssignmentOperation { Target: { } target } assignment when LocalOf(target) is { } local && BorrowedIn(assignment.Value) is not null:
                    _aliases.Add(local);
                    break;
                case IInvocationOperation { Instance: ILocalReferenceOperation holder } call
                    when s_keeping.Contains(call.TargetMethod.Name) && IsKeeper(call.TargetMethod.ContainingType) && PlaceOf(holder) is null
                        && call.Arguments.Any(argument => BorrowedIn(argument.Value) is not null):
                    _aliases.Add(holder.Local);
                    break;
            }
        }

        return _aliases.Count > count;
    }

    private static ILocalSymbol? LocalOf(IOperation target) => target switch
    {
        ILocalReferenceOperation local => local.Local,
        IFieldReferenceOperation { Instance: { } instance } => LocalOf(instance),
        IPropertyReferenceOperation { Instance: { } instance } => LocalOf(instance),
        IArrayElementReferenceOperation element => LocalOf(element.ArrayReference),
        _ => null,
    };

    private bool IsAlias(IOperation operation) => operation switch
    {
        IParameterReferenceOperation parameter => _aliases.Contains(parameter.Parameter),
        ILocalReferenceOperation local => _aliases.Contains(local.Local),
        _ => false,
    };

    /// <summary>
    /// The expression in a value that is the payload, is a part of it or holds it. It is <see langword="null"/> if the payload is copied or
    /// only read.
    /// </summary>
    private IOperation? BorrowedIn(IOperation? value) => value switch
    {
        null => null,
        _ when IsAlias(value) => value,
        IParenthesizedOperation parenthesized => BorrowedIn(parenthesized.Operand),
        IConversionOperation { OperatorMethod: null } conversion => BorrowedIn(conversion.Operand),
        IConditionalOperation conditional => BorrowedIn(conditional.WhenTrue) ?? BorrowedIn(conditional.WhenFalse),
        ICoalesceOperation coalesce => BorrowedIn(coalesce.Value) ?? BorrowedIn(coalesce.WhenNull),
        ISwitchExpressionOperation choice => choice.Arms.Select(arm => BorrowedIn(arm.Value)).FirstOrDefault(found => found is not null),
        IInvocationOperation { TargetMethod.Name: "Slice" or "GetValueOrDefault", Instance: { } whole } part when IsMemory(part.Type) && BorrowedIn(whole) is not null => part,
        IPropertyReferenceOperation { Property.Name: "Value" or "First", Instance: { } whole } part when IsMemory(part.Type) && BorrowedIn(whole) is not null => part,
        IImplicitIndexerReferenceOperation part when IsMemory(part.Type) && BorrowedIn(part.Instance) is not null => part,
        ITupleOperation tuple => tuple.Elements.Select(BorrowedIn).FirstOrDefault(found => found is not null),
        IArrayCreationOperation { Initializer: { } initializer } => initializer.ElementValues.Select(BorrowedIn).FirstOrDefault(found => found is not null),
        ICollectionExpressionOperation collection => collection.Elements.Where(element => element is not ISpreadOperation).Select(BorrowedIn).FirstOrDefault(found => found is not null),
        IAnonymousObjectCreationOperation anonymous => anonymous.Initializers.OfType<IAssignmentOperation>().Select(member => BorrowedIn(member.Value)).FirstOrDefault(found => found is not null),
        IObjectCreationOperation creation => BorrowedInCreation(creation),
        IWithOperation with => BorrowedIn(with.Initializer),
        IObjectOrCollectionInitializerOperation initializer => initializer.Initializers.Select(BorrowedInInitializer).FirstOrDefault(found => found is not null),
        IDelegateCreationOperation or IAnonymousFunctionOperation => CapturedIn(value),
        IInvocationOperation call when IsTask(call.Type) && !IsOurs(call.TargetMethod) =>
            call.Arguments.Select(argument => IsMemory(argument.Parameter?.Type) ? BorrowedIn(argument.Value) : null).FirstOrDefault(found => found is not null),
        _ => null,
    };

    // An object keeps a constructor argument that is typed as memory. For other parameter types, it may have made a copy.
    private IOperation? BorrowedInCreation(IObjectCreationOperation creation) =>
        creation.Arguments.Select(argument => IsMemory(argument.Parameter?.Type) && !IsReader(creation.Type) ? BorrowedIn(argument.Value) : null)
            .FirstOrDefault(found => found is not null)
        ?? BorrowedIn(creation.Initializer);

    private static bool IsReader(ITypeSymbol? type) => type is null || type.IsRefLikeType;

    private IOperation? BorrowedInInitializer(IOperation initializer) => initializer switch
    {
        IAssignmentOperation member => BorrowedIn(member.Value),
        IInvocationOperation add => add.Arguments.Select(argument => BorrowedIn(argument.Value)).FirstOrDefault(found => found is not null),
        _ => null,
    };

    private IOperation? CapturedIn(IOperation? value) => value switch
    {
        IConversionOperation conversion => CapturedIn(conversion.Operand),
        IDelegateCreationOperation { Target: IAnonymousFunctionOperation lambda } => lambda.Body.Descendants().FirstOrDefault(IsAlias),
        IDelegateCreationOperation { Target: IMethodReferenceOperation { Method: { MethodKind: MethodKind.LocalFunction } method } reference } =>
            _operations.OfType<ILocalFunctionOperation>().Any(local => SymbolEqualityComparer.Default.Equals(local.Symbol, method) && local.Descendants().Any(IsAlias)) ? reference : null,
        IAnonymousFunctionOperation lambda => lambda.Body.Descendants().FirstOrDefault(IsAlias),
        _ => null,
    };

    // A task is forgotten if it is neither awaited nor returned, and is discarded or stored in a local that is never used.
    private bool IsForgotten(IOperation task)
    {
        var parent = task.Parent;
        while (parent is IConversionOperation or IParenthesizedOperation || parent is IInvocationOperation { TargetMethod.Name: "ConfigureAwait" or "AsTask" or "Unwrap" })
        {
            task = parent;
            parent = task.Parent;
        }

        return parent switch
        {
            IExpressionStatementOperation => true,
            ISimpleAssignmentOperation { Target: IDiscardOperation } => true,
            IVariableInitializerOperation { Parent: IVariableDeclaratorOperation declarator } => !_operations.Any(operation => IsUseOf(operation, declarator.Symbol)),
            _ => false,
        };
    }

    private static bool IsUseOf(IOperation operation, ILocalSymbol local) =>
        operation is ILocalReferenceOperation reference && SymbolEqualityComparer.Default.Equals(reference.Local, local);
}
