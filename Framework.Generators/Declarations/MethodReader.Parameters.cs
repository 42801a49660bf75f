using System.Collections.Immutable;
using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <content>Reads the parameters of a method.</content>
internal sealed partial class MethodReader
{
    private static readonly ImmutableDictionary<string, string?> s_canBeService = ImmutableDictionary<string, string?>.Empty.Add("Service", "true");

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

        var binding = ParameterBinding.Of(parameter);
        if (binding.Problem is { } problem)
        {
            ReportParameter(method, parameter, role, problem);
            return null;
        }

        if (binding.IsUnfinished)
        {
            return null;
        }

        if (ProblemOfOptional(parameter.Type) is { } optional)
        {
            ReportParameter(method, parameter, role, optional);
            return null;
        }

        var known = ReadByType(parameter.Type);
        if (known is not null && binding.Attribute is { } attribute && ProblemOfKnown(known.Value, binding.Source) is { } mark)
        {
            ReportParameter(method, parameter, role, $"has [{ParameterBinding.NameOf(attribute)}], but {mark}: remove the attribute");
            return null;
        }

        return binding.Source switch
        {
            BindingSource.Path or BindingSource.Query or BindingSource.Header => ReadRequestValue(method, parameter, role, binding, paths),
            BindingSource.KeyedService => ReadService(method, parameter, role, binding.Key),
            BindingSource.Service => ReadService(method, parameter, role, key: null),
            _ => known is { } source ? ReadKnown(method, parameter, role, source) : ReadPayload(method, parameter, role, binding.Source == BindingSource.Payload),
        };
    }

    /// <summary>The problem of a nullable value type whose underlying type is bound by type. It would otherwise be a payload.</summary>
    public static string? ProblemOfOptional(ITypeSymbol type) =>
        type.IsNullableValue(out var value) && ReadByType(value) is not null ? $"is a '{type.Display()}', but is never null: take a {value.Display()}" : null;

    // Values of the connection come neither from a container nor from a payload.
    private static string? ProblemOfKnown(ParameterSource known, BindingSource source) => (known, source) switch
    {
        (ParameterSource.User or ParameterSource.Pipe, BindingSource.Service or BindingSource.KeyedService) => null,
        (_, BindingSource.Service or BindingSource.KeyedService or BindingSource.Payload) => "is bound by its type",
        _ => null,
    };

    /// <summary>The source of a parameter that is bound by its type alone, or <see langword="null"/>.</summary>
    public static ParameterSource? ReadByType(ITypeSymbol type) => type.Name switch
    {
        "UpgradeConnection" when type.Is(Ours, "UpgradeConnection") => ParameterSource.Connection,
        "UpgradeRequest" when type.Is(Ours, "UpgradeRequest") => ParameterSource.Request,
        "CancellationToken" when type.Is("System.Threading", "CancellationToken") => ParameterSource.Cancellation,
        "ClaimsPrincipal" when type.Is("System.Security.Claims", "ClaimsPrincipal") => ParameterSource.User,
        "MessageKind" when type.Is(Ours, "MessageKind") => ParameterSource.MessageKind,
        "MessageId" when type.Is(Ours, "MessageId") => ParameterSource.MessageId,
        "MessageName" when type.Is(Ours, "MessageName") => ParameterSource.MessageName,
        "MessageTag" when type.Is(Ours, "MessageTag") => ParameterSource.MessageTag,
        "IDuplexPipe" when type.Is("System.IO.Pipelines", "IDuplexPipe") => ParameterSource.Pipe,
        "CloseInfo" when type.Is(Ours, "CloseInfo") => ParameterSource.Close,
        _ => null,
    };

    private ParameterModel? ReadKnown(IMethodSymbol method, IParameterSymbol parameter, MethodRole role, ParameterSource source)
    {
        var place = source switch
        {
            ParameterSource.MessageKind or ParameterSource.MessageId or ParameterSource.MessageName or ParameterSource.MessageTag
                when role != MethodRole.Message => "a method with [Message]",
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
            // The method is called in any case. Generated code passes the stream's token as an argument.
            problems.Report(Rules.EnumeratorCancellation, () => LocationOf(parameter), parameter.Name, method.Display());
        }

        return new ParameterModel(source);
    }

    private ParameterModel? ReadService(IMethodSymbol method, IParameterSymbol parameter, MethodRole role, string? key)
    {
        if (key is null && TakeInstead.OfService(parameter.Type) is { } instead)
        {
            ReportParameter(method, parameter, role, $"is a '{parameter.Type.Display()}', which no container provides: {instead}");
            return null;
        }

        if (parameter.Type.IsRefLikeType || parameter.Type.TypeKind == TypeKind.Dynamic || parameter.Type is IPointerTypeSymbol or IFunctionPointerTypeSymbol || parameter.Type.IsNullableValue(out _))
        {
            problems.Report(
                Rules.Parameter,
                () => LocationOf(parameter),
                parameter.Name,
                method.Display(),
                $"is a '{parameter.Type.Display()}', which no container provides: take a class or interface");
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
        MethodRole role,
        ParameterBinding binding,
        IReadOnlyCollection<(string Path, EquatableArray<string> Parameters)> paths)
    {
        if (RequestValueReader.Problem(parameter.Type) is { } problem)
        {
            ReportParameter(method, parameter, role, problem);
            return null;
        }

        var name = binding.Name ?? parameter.Name;
        if (binding.Source == BindingSource.Path)
        {
            foreach (var (path, names) in paths)
            {
                if (!names.Contains(name))
                {
                    problems.Report(
                        Rules.Path, () => binding.Attribute!.FindLocation(parameter), path, $"has no parameter '{name}', which '{method.Display()}' binds: add {{{name}}} to it");
                    return null;
                }
            }
        }

        return RequestValueReader.Read(parameter, binding);
    }

    private ParameterModel? ReadPayload(IMethodSymbol method, IParameterSymbol parameter, MethodRole role, bool isMarked)
    {
        var type = parameter.Type;
        if (TakeInstead.OfPayload(type) is { } instead)
        {
            ReportParameter(method, parameter, role, $"is a '{type.Display()}', which no client sends: {instead}", canBeService: TakeInstead.IsService(type));
            return null;
        }

        if (role != MethodRole.Message)
        {
            ReportParameter(method, parameter, role, "can't be a payload, because the method handles no message: take an UpgradeConnection, mark it with [FromServices], or remove it", canBeService: true);
            return null;
        }

        if (type.TypeKind == TypeKind.Interface && !Payloads.IsReadableInterface(type))
        {
            ReportParameter(
                method, parameter, role, $"is the interface '{type.Display()}', which can't be a payload: mark it with [FromServices]", canBeService: true);
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
            isMarked);
    }

    // A default of null makes a parameter nullable, even if its type is not annotated as nullable.
    private static string? DefaultOf(IParameterSymbol parameter) =>
        parameter is { HasExplicitDefaultValue: true, Type.IsReferenceType: true } && !parameter.TakesNull() ? Literals.NullOfOther : null;

    /// <param name="canBeService">Whether the parameter may be a service. The code fix then offers [FromServices].</param>
    private void ReportParameter(IMethodSymbol method, IParameterSymbol parameter, MethodRole role, string what, bool canBeService = false)
    {
        var properties = canBeService ? s_canBeService : ImmutableDictionary<string, string?>.Empty;
        if (role == MethodRole.Message)
        {
            problems.Report(Rules.Parameter, () => LocationOf(parameter), properties, parameter.Name, method.Display(), what);
        }
        else
        {
            problems.Report(Rules.Lifecycle, () => LocationOf(parameter), properties, method.Display(), $"has the parameter '{parameter.Name}', which {what}");
        }
    }
}
