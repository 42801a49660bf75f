using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <summary>Reads a client contract. A class must implement all of an interface, so one invalid member excludes it.</summary>
internal sealed class ContractReader(INamedTypeSymbol type, IAssemblySymbol assembly, Compilation compilation, ProblemSink problems)
{
    private readonly PushOptions _options = new(type, assembly, compilation, problems);
    private readonly ProjectionReader _projections = new(type, assembly, compilation, problems);
    private readonly List<(string Key, EquatableArray<string>? Versions, IMethodSymbol Method)> _taken = [];

    public ContractModel? Read()
    {
        if (!Surroundings.Check(compilation, type, problems))
        {
            return null;
        }

        using var named = new NamedSymbols(compilation);
        return ReadMessages() is { } contract && named.Check(type, problems) ? contract with { Head = named.Head } : null;
    }

    private ContractModel? ReadMessages()
    {
        if (type.IsGeneric())
        {
            problems.Report(Rules.ClientContract, type.FirstLocation, type.Name, "is generic or nested in a generic type: declare an interface without type parameters");
            return null;
        }

        if (!type.IsReachable(compilation, assembly) || type.IsObsoleteError())
        {
            problems.Report(
                Rules.ClientContract, type.FirstLocation, type.Name, "is not accessible to generated code: make it and its containing types internal or public");
            return null;
        }

        var isRight = _projections.TryRead();
        var messages = new List<ContractMessageModel>();
        foreach (var member in type.AllInterfaces.Insert(0, type).SelectMany(level => level.GetMembers()))
        {
            switch (member)
            {
                case IMethodSymbol { MethodKind: MethodKind.Ordinary } projection when projection.Has(Attributes.Namespace, Attributes.Projection):
                    break;
                case IMethodSymbol { MethodKind: MethodKind.Ordinary } method when method.IsAbstract || IsMessage(method):
                    if (ReadMethod(method) is { } message)
                    {
                        messages.Add(message);
                    }
                    else
                    {
                        isRight = false;
                    }

                    break;
                case IPropertySymbol { IsAbstract: true } or IEventSymbol { IsAbstract: true } or IMethodSymbol { IsAbstract: true, MethodKind: MethodKind.UserDefinedOperator or MethodKind.Conversion }:
                    problems.Report(
                        Rules.ClientContract,
                        () => LocationOf(member),
                        type.Name,
                        $"has the {(member is IPropertySymbol ? "property" : member is IEventSymbol ? "event" : "operator")} '{member.Name}', which is not a message: remove it, or make it a method");
                    isRight = false;
                    break;
            }
        }

        return isRight
            ? new ContractModel(
                type.FullName(),
                type.CodeForTypeOf(),
                messages
                    .OrderBy(message => message.Name, StringComparer.Ordinal)
                    .ThenBy(message => message.Tag)
                    .ThenBy(message => message.Method, StringComparer.Ordinal)
                    .ThenBy(message => message.Interface, StringComparer.Ordinal)
                    .ToEquatableArray())
            : null;
    }

    /// <summary>The type of the reply that a method awaits, or <see langword="null"/> for a push.</summary>
    public static ITypeSymbol? ReplyOf(ITypeSymbol returnType) =>
        IsTask(returnType, out _, out var result) && result is not null && !result.Is(Attributes.Namespace, "SendResult") ? result : null;

    public static bool IsTask(ITypeSymbol type) => IsTask(type, out _, out _);

    private static bool IsMessage(IMethodSymbol method) => !method.IsStatic && method.Has(Attributes.Namespace, Attributes.Message);

    private static bool IsTask(ITypeSymbol type, out bool isTask, out ITypeSymbol? result)
    {
        result = type is INamedTypeSymbol { TypeArguments: [var argument] } ? argument : null;
        isTask = type.Is("System.Threading.Tasks", "Task") || type.Is("System.Threading.Tasks", "Task`1");
        return isTask || type.Is("System.Threading.Tasks", "ValueTask") || type.Is("System.Threading.Tasks", "ValueTask`1");
    }

    private ContractMessageModel? ReadMethod(IMethodSymbol method)
    {
        if (method.Attribute(Attributes.Namespace, Attributes.Message) is not { } attribute)
        {
            return Fail(Rules.ClientMethod, method, method.Display(), "has no [Message]: add the attribute with the name that the client expects");
        }

        if (attribute.HasErrors() || MethodReader.ContainsError(method.ReturnType))
        {
            return null;
        }

        if (method.IsStatic)
        {
            return Fail(Rules.ClientMethod, method, method.Display(), "is static: make it an instance method");
        }

        if (method.IsGenericMethod)
        {
            return Fail(Rules.ClientContract, method, type.Name, $"has the generic method '{method.Name}': declare a method without type parameters");
        }

        if (!compilation.IsSymbolAccessibleWithin(method, assembly))
        {
            return Fail(Rules.ClientMethod, method, method.Display(), "is not accessible to generated code: make it public");
        }

        if (!IsTask(method.ReturnType, out var returnsTask, out var result))
        {
            return Fail(
                Rules.ClientMethod, method, method.Display(), $"returns '{method.ReturnType.Display()}': return ValueTask or ValueTask<SendResult> for a push, ValueTask<T> for a request");
        }

        var tellsResult = result.Is(Attributes.Namespace, "SendResult");
        var reply = tellsResult ? null : result;
        if (reply is not null && Payloads.Problem(reply, canBeSpan: false) is { } problem)
        {
            return Fail(Rules.NotAPayload, method, reply.Display(), method.Display(), problem);
        }

        var (name, tag) = MessageReader.KeyOf(attribute);
        var versions = attribute.Texts("Versions");
        if (MessageReader.IsNullName(attribute))
        {
            problems.Report(
                Rules.MessageKey,
                () => attribute.FindFirstLocation(method) is { IsInSource: true } location ? location : LocationOf(method),
                "name null",
                "is not valid: set a name, or omit the argument in formats without an envelope");
            return null;
        }

        if (versions is { Count: 0 })
        {
            return Fail(Rules.ClientMethod, method, method.Display(), "has an empty Versions list, so it reaches no client: add a protocol, or remove Versions");
        }

        if (name is not null && (name.Length == 0 || !ProtocolSyntax.IsWellFormed(name)))
        {
            return Fail(Rules.MessageKey, method, $"'{name}'", "has a name that can't be sent: change it, or omit the name in formats without an envelope");
        }

        if (ReadParameters(method) is not { } parameters || !CheckUnique(method, name, tag, versions))
        {
            return null;
        }

        // All checks run before the result is decided, so that all problems are reported at once.
        if (!(_options.TryReadKey(method, attribute, reply is not null, out var latest)
            & _options.TryReadSlowConsumer(method, attribute, reply is not null, out var policy)))
        {
            return null;
        }

        var payload = method.Parameters.FirstOrDefault(parameter => !parameter.Type.Is("System.Threading", "CancellationToken"));
        return new ContractMessageModel(
            name,
            tag,
            versions,
            method.ContainingType.Code(),
            Symbols.Escape(method.Name),
            method.ReturnType.CodeOfValue(),
            reply?.Code(),
            returnsTask,
            tellsResult,
            parameters)
        {
            SlowConsumer = policy,
            Key = latest,
            Projections = _projections.Of(payload?.Type),
        };
    }

    private EquatableArray<ContractParameterModel>? ReadParameters(IMethodSymbol method)
    {
        var parameters = new List<ContractParameterModel>();
        IParameterSymbol? payload = null;
        var isRight = true;
        foreach (var parameter in method.Parameters)
        {
            if (MethodReader.ContainsError(parameter.Type))
            {
                isRight = false;
            }
            else if (parameter.RefKind != RefKind.None)
            {
                Fail(Rules.ClientMethod, parameter, method.Display(), $"takes '{parameter.Name}' by reference: take it by value");
                isRight = false;
            }
            else if (ParameterBinding.Of(parameter) is { Attribute: { } mark } binding && (binding.Source != BindingSource.Payload || binding.Problem is not null) && !mark.HasErrors())
            {
                Fail(
                    Rules.ClientMethod, parameter, method.Display(), $"takes '{parameter.Name}' with [{ParameterBinding.NameOf(mark)}], but a client method sends its arguments: remove the attribute");
                isRight = false;
            }
            else if (parameter.Type.Is("System.Threading", "CancellationToken"))
            {
                parameters.Add(new ContractParameterModel(parameter.Type.Code(), null));
            }
            else if (payload is not null)
            {
                Fail(Rules.ClientMethod, parameter, method.Display(), $"has the payloads '{payload.Name}' and '{parameter.Name}': combine both into one type");
                isRight = false;
            }
            else if (Payloads.Problem(parameter.Type, canBeSpan: false) is { } problem)
            {
                Fail(Rules.NotAPayload, parameter, parameter.Type.Display(), method.Display(), problem);
                isRight = false;
            }
            else
            {
                payload = parameter;
                var read = Payloads.Read(parameter.Type);
                var isNullable = parameter.Type.IsValueType ? read.IsNullable : parameter.TakesNull();
                var code = parameter.Type.IsReferenceType ? read.Type + (isNullable || parameter.Type.IsNullable() ? "?" : "") : parameter.Type.Code();
                parameters.Add(new ContractParameterModel(code, read with { IsNullable = isNullable }));
            }
        }

        return isRight ? parameters.ToEquatableArray() : null;
    }

    private bool CheckUnique(IMethodSymbol method, string? name, int? tag, EquatableArray<string>? versions)
    {
        var key = name is not null ? $"'{name}'" : tag is not null ? $"{tag}" : $"without a name for '{method.Parameters.FirstOrDefault()?.Type.Display()}'";
        foreach (var (otherKey, otherVersions, other) in _taken)
        {
            if (otherKey == key && (versions is null || otherVersions is null || versions.Value.Any(version => otherVersions.Value.Contains(version))))
            {
                Fail(Rules.ClientContract, method, type.Name, $"has the message {key} twice, as '{other.Name}' and '{method.Name}': rename one, or restrict it with Versions");
                return false;
            }
        }

        _taken.Add((key, versions, method));
        return true;
    }

    private ContractMessageModel? Fail(DiagnosticDescriptor rule, ISymbol place, params string[] args)
    {
        problems.Report(rule, () => LocationOf(place), args);
        return null;
    }

    // Problems in another assembly are reported at the interface.
    private Location LocationOf(ISymbol symbol) => symbol.FirstLocation() is { IsInSource: true } location ? location : type.FirstLocation();
}
