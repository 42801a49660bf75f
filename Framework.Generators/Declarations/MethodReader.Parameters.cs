using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <content>What a method takes.</content>
internal sealed partial class MethodReader
{
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
        attribute.ConstructorArguments is [{ IsNull: false } key, ..] ? Literals.Expression(key) : "null";

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
        if (parameter.Type.IsRefLikeType || parameter.Type.TypeKind == TypeKind.Dynamic || parameter.Type is IPointerTypeSymbol or IFunctionPointerTypeSymbol || parameter.Type.IsNullableValue(out _))
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
            IsNullable: parameter.TakesNull() || (parameter.HasExplicitDefaultValue && parameter.Type.IsReferenceType),
            IsValueType: parameter.Type.IsValueType);
    }

    private ParameterModel? ReadRequestValue(
        IMethodSymbol method,
        IParameterSymbol parameter,
        AttributeData attribute,
        bool isPath,
        IReadOnlyCollection<(string Path, EquatableArray<string> Parameters)> paths)
    {
        var isNullable = parameter.TakesNull();
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
        var isNullable = parameter.TakesNull() || (parameter is { HasExplicitDefaultValue: true, ExplicitDefaultValue: null } && parameter.Type.IsReferenceType);
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
        parameter is { HasExplicitDefaultValue: true, Type.IsReferenceType: true } && !parameter.TakesNull() ? Literals.NullOfOther : null;

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
}
