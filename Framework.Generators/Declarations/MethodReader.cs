using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <summary>What a method is declared to be, which decides what it can take and return.</summary>
internal enum MethodRole
{
    Message,
    OnUpgrading,
    OnConnected,
    OnUpgraded,
    Background,
    OnDisconnected,
}

/// <summary>Reads the methods of a handler: whether they can be called, with which arguments, and what they return.</summary>
internal sealed class MethodReader(INamedTypeSymbol handler, Compilation compilation, ProblemSink problems)
{
    private const string Ours = Attributes.Namespace;

    /// <summary>Reads a method, or reports why it can't be called.</summary>
    /// <param name="method">The method.</param>
    /// <param name="role">What it is declared to be.</param>
    /// <param name="paths">The paths of the protocols it is called for, with their parameters' names.</param>
    /// <param name="bindsParameters">Whether all of these protocols' formats bind several payload parameters.</param>
    public MethodModel? Read(
        IMethodSymbol method, MethodRole role, IReadOnlyCollection<(string Path, EquatableArray<string> Parameters)> paths, bool bindsParameters = false)
    {
        if (!CanBeCalled(method, role) || ReadReturn(method, role) is not { } returns)
        {
            return null;
        }

        var parameters = new List<ParameterModel>();
        var isRight = true;
        IParameterSymbol? payload = null;
        foreach (var parameter in method.Parameters)
        {
            var model = ReadParameter(method, parameter, role, paths);
            if (model is null)
            {
                isRight = false;
            }
            else if (model.Source == ParameterSource.Payload && payload is not null && ProblemOfSecond(model, payload, parameters, bindsParameters) is { } problem)
            {
                problems.Report(Rules.Parameter, parameter.FirstLocation, parameter.Name, method.Display(), problem);
                isRight = false;
            }
            else
            {
                parameters.Add(model);
                payload = model.Source == ParameterSource.Payload ? parameter : payload;
            }
        }

        return isRight ? Model(method, parameters, returns) : null;
    }

    private static string? ProblemOfSecond(ParameterModel second, IParameterSymbol first, List<ParameterModel> before, bool bindsParameters) => bindsParameters switch
    {
        false => $"is a second payload beside '{first.Name}': put both into one type, or mark a service with [FromService]",
        _ when second.TakesWhole => $"takes the payload whole, and '{first.Name}' takes a part of it: remove one of them",
        _ when before.Exists(parameter => parameter.Payload is not null && Literals.CamelCase(parameter.Key!) == Literals.CamelCase(second.Key!)) =>
            $"is '{Literals.CamelCase(second.Key!)}' on the wire, like another one: rename one of them",
        _ when before.Exists(parameter => parameter.TakesWhole) => $"takes a part of the payload, which '{first.Name}' takes whole: remove one of them",
        _ => null,
    };

    private MethodModel Model(IMethodSymbol method, List<ParameterModel> parameters, (ReturnShape Shape, ITypeSymbol? Result) returns) => new(
        Symbols.Escape(method.Name),
        method.IsStatic ? method.ContainingType.CodeForTypeOf() : null,
        IsOfBase(method) ? method.ContainingType.CodeForTypeOf() : null,
        parameters.ToEquatableArray(),
        returns.Shape,
        returns.Result is { } result ? Payloads.Read(result) : null,
        AccessReader.Read(method));

    // A method of the class itself could be preferred to an overload of its base: the call names the base then.
    private bool IsOfBase(IMethodSymbol method) =>
        !method.IsStatic && !method.IsOverride && !SymbolEqualityComparer.Default.Equals(method.ContainingType, handler);

    private bool CanBeCalled(IMethodSymbol method, MethodRole role)
    {
        if (method is { IsAsync: true, ReturnsVoid: true })
        {
            problems.Report(Rules.AsyncVoid, () => LocationOf(method), method.Display());
            return false;
        }

        var problem = method switch
        {
            { MethodKind: not MethodKind.Ordinary } => "is not an ordinary method: move the attribute to one",
            { IsGenericMethod: true } => "is generic, and nobody says with which type: declare it for one",
            _ when method.IsObsoleteError() => "is obsolete as an error: remove its attribute, or the method",
            _ when !compilation.IsSymbolAccessibleWithin(method, handler.ContainingAssembly) =>
                "is not accessible to generated code: make it internal or public",
            _ when AccessReader.TypesOf(method).FirstOrDefault(rule => !compilation.IsSymbolAccessibleWithin(rule, handler.ContainingAssembly)) is { } rule =>
                $"has the attribute {rule.Name}, which is not accessible to generated code: make it internal or public",
            _ => null,
        };
        if (problem is not null)
        {
            // In a class that nobody can see, no method can be seen either: the class is what must be changed.
            if (compilation.IsSymbolAccessibleWithin(handler, handler.ContainingAssembly))
            {
                problems.Report(Rules.MethodShape, () => LocationOf(method), method.Display(), problem);
            }

            return false;
        }

        foreach (var parameter in method.Parameters)
        {
            if (parameter.RefKind is not (RefKind.None or RefKind.In))
            {
                problems.Report(
                    role == MethodRole.Message ? Rules.MethodShape : Rules.Lifecycle,
                    () => LocationOf(parameter),
                    method.Display(),
                    $"takes '{parameter.Name}' by reference: take it by value");
                return false;
            }
        }

        return true;
    }

    private (ReturnShape Shape, ITypeSymbol? Result)? ReadReturn(IMethodSymbol method, MethodRole role)
    {
        if (ContainsError(method.ReturnType))
        {
            return null;
        }

        var returns = Classify(method);
        if (role == MethodRole.Message)
        {
            if (returns is not { } shape)
            {
                problems.Report(Rules.ReturnType, () => LocationOf(method), method.Display(), method.ReturnType.Display());
                return null;
            }

            if (shape.Result is { } result)
            {
                if (ContainsError(result))
                {
                    return null;
                }

                if (Payloads.Problem(result, canBeSpan: false) is { } problem)
                {
                    problems.Report(Rules.NotAPayload, () => LocationOf(method), result.Display(), method.Display(), problem);
                    return null;
                }
            }

            return shape;
        }

        var isRight = role switch
        {
            MethodRole.OnUpgrading => returns is { Shape: ReturnShape.Value or ReturnShape.TaskOfValue or ReturnShape.ValueTaskOfValue, Result: { } decision }
                && decision.Is(Ours, "UpgradeResult"),
            MethodRole.Background => returns is { Shape: ReturnShape.Task or ReturnShape.ValueTask },
            MethodRole.OnUpgraded => returns is { Shape: ReturnShape.Void or ReturnShape.Task or ReturnShape.ValueTask },
            _ => returns is
            {
                Shape: ReturnShape.Void or ReturnShape.Task or ReturnShape.ValueTask
                    or ReturnShape.SendResult or ReturnShape.TaskOfSendResult or ReturnShape.ValueTaskOfSendResult,
            },
        };
        if (!isRight)
        {
            var wanted = role switch
            {
                MethodRole.OnUpgrading => "return an UpgradeResult, or a Task or ValueTask of it",
                MethodRole.Background => "return Task or ValueTask, whose end is the connection's",
                _ => "return void, Task or ValueTask",
            };
            problems.Report(
                Rules.Lifecycle, () => LocationOf(method), method.Display(), $"returns '{method.ReturnType.Display()}', which [{role}] has no use for: {wanted}");
            return null;
        }

        return (returns!.Value.Shape, null);
    }

    /// <summary>The type of what a method replies or streams, or <see langword="null"/>.</summary>
    public static ITypeSymbol? ResultOf(IMethodSymbol method) => Classify(method)?.Result;

    private static (ReturnShape Shape, ITypeSymbol? Result)? Classify(IMethodSymbol method)
    {
        if (method.ReturnsVoid)
        {
            return (ReturnShape.Void, null);
        }

        if (method.ReturnsByRef || method.ReturnsByRefReadonly || method.ReturnType is IPointerTypeSymbol or IFunctionPointerTypeSymbol)
        {
            return null;
        }

        var type = method.ReturnType;
        if (type.Is("System.Threading.Tasks", "Task"))
        {
            return (ReturnShape.Task, null);
        }

        if (type.Is("System.Threading.Tasks", "ValueTask"))
        {
            return (ReturnShape.ValueTask, null);
        }

        if (type.Is(Ours, "SendResult"))
        {
            return (ReturnShape.SendResult, null);
        }

        var isTask = type.Is("System.Threading.Tasks", "Task`1");
        if (isTask || type.Is("System.Threading.Tasks", "ValueTask`1"))
        {
            var result = ((INamedTypeSymbol)type).TypeArguments[0];
            if (result.Is(Ours, "SendResult"))
            {
                return (isTask ? ReturnShape.TaskOfSendResult : ReturnShape.ValueTaskOfSendResult, null);
            }

            return IsPromise(result) || StreamOf(result) is not null ? null : (isTask ? ReturnShape.TaskOfValue : ReturnShape.ValueTaskOfValue, result);
        }

        if (StreamOf(type) is { } item)
        {
            return IsPromise(item) ? null : (ReturnShape.Stream, item);
        }

        return IsPromise(type) ? null : (ReturnShape.Value, type);
    }

    private static ITypeSymbol? StreamOf(ITypeSymbol type)
    {
        if (IsPlainValue(type))
        {
            return null;
        }

        var streams = type.AllInterfaces.Concat(type is INamedTypeSymbol named ? [named] : [])
            .Where(candidate => candidate.Is("System.Collections.Generic", "IAsyncEnumerable`1"))
            .Take(2)
            .ToList();
        return streams is [var stream] ? stream.TypeArguments[0] : null;
    }

    /// <summary>Whether it stands for something that comes later, which only Task, ValueTask and IAsyncEnumerable may.</summary>
    private static bool IsPromise(ITypeSymbol type) =>
        !IsPlainValue(type) && (type.Is("System", "IObservable`1")
        || type.Is("System.Collections.Generic", "IAsyncEnumerator`1")
        || type.Is("System.Threading.Channels", "ChannelReader`1")
        || (type as INamedTypeSymbol)?.SelfAndBases().Any(level => level.GetMembers("GetAwaiter").OfType<IMethodSymbol>().Any(awaiter => awaiter.Parameters.IsEmpty)) == true);

    // Most results are records: to ask for their members or interfaces would make the compiler synthesize all of them.
    private static bool IsPlainValue(ITypeSymbol type) => type.SpecialType != SpecialType.None || type.IsRecord || type.TypeKind == TypeKind.Array;

    private ParameterModel? ReadParameter(
        IMethodSymbol method,
        IParameterSymbol parameter,
        MethodRole role,
        IReadOnlyCollection<(string Path, EquatableArray<string> Parameters)> paths)
    {
        if (ContainsError(parameter.Type))
        {
            return null;
        }

        foreach (var attribute in parameter.GetAttributes())
        {
            var isPath = attribute.IsOurs(Attributes.FromPath);
            if (isPath || attribute.IsOurs(Attributes.FromQuery))
            {
                return attribute.HasErrors() ? null : ReadRequestValue(method, parameter, attribute, isPath, paths);
            }

            if (attribute.AttributeClass.Is("Microsoft.Extensions.DependencyInjection", "FromKeyedServicesAttribute"))
            {
                return attribute.HasErrors() ? null : ReadService(method, parameter, KeyOf(attribute));
            }

            if (attribute.IsOurs(Attributes.FromService))
            {
                return ReadService(method, parameter, key: null);
            }
        }

        return ReadByType(parameter.Type) is { } source
            ? ReadKnown(method, parameter, role, source)
            : ReadPayload(method, parameter, role);
    }

    private static string KeyOf(AttributeData attribute) =>
        attribute.ConstructorArguments is [var key, ..] ? Literals.Expression(key) : "null";

    private static ParameterSource? ReadByType(ITypeSymbol type) => type.Name switch
    {
        "UpgradeConnection" when type.Is(Ours, "UpgradeConnection") => ParameterSource.Connection,
        "UpgradeRequest" when type.Is(Ours, "UpgradeRequest") => ParameterSource.Request,
        "CancellationToken" when type.Is("System.Threading", "CancellationToken") => ParameterSource.Cancellation,
        "ClaimsPrincipal" when type.Is("System.Security.Claims", "ClaimsPrincipal") => ParameterSource.User,
        "MessageKind" when type.Is(Ours, "MessageKind") => ParameterSource.MessageKind,
        "IDuplexPipe" when type.Is("System.IO.Pipelines", "IDuplexPipe") => ParameterSource.Pipe,
        "CloseInfo" when type.Is(Ours, "CloseInfo") => ParameterSource.Close,
        _ => null,
    };

    private ParameterModel? ReadKnown(IMethodSymbol method, IParameterSymbol parameter, MethodRole role, ParameterSource source)
    {
        var place = source switch
        {
            ParameterSource.MessageKind when role != MethodRole.Message => "a method with [Message]",
            ParameterSource.Pipe when role != MethodRole.OnUpgraded => "a raw protocol's method with [OnUpgraded]",
            ParameterSource.Close when role != MethodRole.OnDisconnected => "a method with [OnDisconnected]",
            _ => null,
        };
        if (place is not null)
        {
            ReportParameter(method, parameter, role, $"is a {parameter.Type.Name}, which only {place} can take: remove it");
            return null;
        }

        if (source == ParameterSource.Cancellation && method.IsAsync && Classify(method) is { Shape: ReturnShape.Stream }
            && !parameter.Has("System.Runtime.CompilerServices", "EnumeratorCancellationAttribute"))
        {
            // The method is called all the same: generated code gives it the stream's token as an argument.
            problems.Report(Rules.EnumeratorCancellation, () => LocationOf(parameter), parameter.Name, method.Display());
        }

        return new ParameterModel(source);
    }

    private ParameterModel? ReadService(IMethodSymbol method, IParameterSymbol parameter, string? key)
    {
        if (parameter.Type.IsRefLikeType || parameter.Type is IPointerTypeSymbol or IFunctionPointerTypeSymbol || parameter.Type.IsNullableValue(out _))
        {
            problems.Report(
                Rules.Parameter,
                () => LocationOf(parameter),
                parameter.Name,
                method.Display(),
                $"is a '{parameter.Type.Display()}', which no container gives: take a class or interface");
            return null;
        }

        return new ParameterModel(
            key is null ? ParameterSource.Service : ParameterSource.KeyedService,
            parameter.Type.CodeOfValue(),
            key,
            DefaultOf(parameter),
            IsNullable: parameter.Type.IsNullable() || (parameter.HasExplicitDefaultValue && parameter.Type.IsReferenceType),
            IsValueType: parameter.Type.IsValueType);
    }

    private ParameterModel? ReadRequestValue(
        IMethodSymbol method,
        IParameterSymbol parameter,
        AttributeData attribute,
        bool isPath,
        IReadOnlyCollection<(string Path, EquatableArray<string> Parameters)> paths)
    {
        var isNullable = parameter.Type.IsNullable();
        parameter.Type.IsNullableValue(out var type);
        if (!type.AllInterfaces.Any(candidate =>
            candidate.Is("System", "IParsable`1") && SymbolEqualityComparer.Default.Equals(candidate.TypeArguments[0], type)))
        {
            problems.Report(
                Rules.Parameter,
                () => LocationOf(parameter),
                parameter.Name,
                method.Display(),
                $"is a '{type.Display()}', which can't be read from text: take a string or a type that implements IParsable<T>");
            return null;
        }

        var name = attribute.ConstructorArguments is [{ Value: string given }] ? given : parameter.Name;
        if (isPath)
        {
            foreach (var (path, names) in paths)
            {
                if (!names.Contains(name))
                {
                    problems.Report(
                        Rules.Path, () => attribute.FindLocation(parameter), path, $"has no parameter '{name}', which '{method.Display()}' binds: add {{{name}}} to it");
                    return null;
                }
            }
        }

        return new ParameterModel(
            isPath ? ParameterSource.Path : ParameterSource.Query,
            type.CodeOfValue(),
            name,
            !isPath && parameter.HasExplicitDefaultValue ? Literals.Default(parameter) : null,
            isNullable,
            type.IsValueType);
    }

    private ParameterModel? ReadPayload(IMethodSymbol method, IParameterSymbol parameter, MethodRole role)
    {
        var type = parameter.Type;
        if (role != MethodRole.Message)
        {
            ReportParameter(method, parameter, role, "is no message's payload: take an UpgradeConnection, mark it with [FromService], or remove it");
            return null;
        }

        if (type.TypeKind == TypeKind.Interface && !Payloads.IsReadableInterface(type))
        {
            ReportParameter(method, parameter, role, $"is the interface '{type.Display()}', which can't be a payload: mark it with [FromService]");
            return null;
        }

        if (Payloads.Problem(type, canBeSpan: true) is { } problem)
        {
            problems.Report(Rules.NotAPayload, () => LocationOf(parameter), type.Display(), method.Display(), problem);
            return null;
        }

        var payload = Payloads.Read(type);
        var isNullable = payload.IsNullable || (parameter is { HasExplicitDefaultValue: true, ExplicitDefaultValue: null } && parameter.Type.IsReferenceType);
        return new ParameterModel(
            ParameterSource.Payload,
            payload.Type,
            parameter.Name,
            parameter.HasExplicitDefaultValue ? Literals.Default(parameter) : null,
            isNullable,
            type.IsValueType,
            payload with { IsNullable = isNullable },
            parameter.GetAttributes().Any(attribute => attribute.IsOurs(Attributes.Payload)));
    }

    // A default of null makes a parameter nullable, also where its type doesn't say so.
    private static string? DefaultOf(IParameterSymbol parameter) =>
        parameter is { HasExplicitDefaultValue: true, Type.IsReferenceType: true } && !parameter.Type.IsNullable() ? Literals.NullOfOther : null;

    private void ReportParameter(IMethodSymbol method, IParameterSymbol parameter, MethodRole role, string what)
    {
        if (role == MethodRole.Message)
        {
            problems.Report(Rules.Parameter, () => LocationOf(parameter), parameter.Name, method.Display(), what);
        }
        else
        {
            problems.Report(Rules.Lifecycle, () => LocationOf(parameter), method.Display(), $"has the parameter '{parameter.Name}', which {what}");
        }
    }

    /// <summary>Whether the compiler has already said that the type isn't there.</summary>
    public static bool ContainsError(ITypeSymbol type) => type switch
    {
        { TypeKind: TypeKind.Error } => true,
        IArrayTypeSymbol array => ContainsError(array.ElementType),
        IPointerTypeSymbol pointer => ContainsError(pointer.PointedAtType),
        INamedTypeSymbol named => named.TypeArguments.Any(ContainsError),
        _ => false,
    };

    // What stands in another assembly is reported at the handler.
    private Location LocationOf(ISymbol symbol) => symbol.FirstLocation() is { IsInSource: true } location ? location : handler.FirstLocation();
}
