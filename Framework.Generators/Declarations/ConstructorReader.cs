using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <summary>Finds the constructor that creates a handler, and the sources of its parameters.</summary>
internal sealed class ConstructorReader(INamedTypeSymbol type, Compilation compilation, ProblemSink problems, IReadOnlyList<ProtocolDraft> protocols)
{
    private const string DependencyInjection = "Microsoft.Extensions.DependencyInjection";

    public EquatableArray<ParameterModel>? Read()
    {
        if (Choose(type, compilation) is not { } chosen)
        {
            problems.Report(
                Rules.HandlerNotCreatable,
                type.FirstLocation,
                type.Name,
                "it has no usable constructor; add an internal or public constructor that takes services by value");
            return null;
        }

        if (HasRequiredMembers() && !chosen.Has("System.Diagnostics.CodeAnalysis", "SetsRequiredMembersAttribute"))
        {
            problems.Report(
                Rules.HandlerNotCreatable,
                type.FirstLocation,
                type.Name,
                "it has required members; replace them with constructor parameters");
            return null;
        }

        NamedSymbols.Note(chosen);
        // All parameters are read before the result is decided, so that all problems are reported at once.
        var parameters = chosen.Parameters.Select(Read).ToList();
        return parameters.Contains(null) ? null : parameters.OfType<ParameterModel>().ToEquatableArray();
    }

    /// <summary>The constructor that generated code calls, or <see langword="null"/> if none is accessible.</summary>
    public static IMethodSymbol? Choose(INamedTypeSymbol type, Compilation compilation)
    {
        var usable = type.InstanceConstructors.Where(constructor => IsUsable(constructor, type, compilation)).ToList();
        return usable.Find(constructor => constructor.Has(DependencyInjection, "ActivatorUtilitiesConstructorAttribute"))
            ?? usable.OrderByDescending(constructor => constructor.DeclaredAccessibility == Accessibility.Public)
                .ThenByDescending(constructor => constructor.Parameters.Length)
                .FirstOrDefault();
    }

    private ParameterModel? Read(IParameterSymbol parameter)
    {
        var binding = ParameterBinding.Of(parameter);
        if (MethodReader.ContainsError(parameter.Type) || (binding.Problem is null && binding.IsUnfinished))
        {
            return null;
        }

        if ((binding.Problem ?? ProblemOf(parameter, binding)) is { } problem)
        {
            problems.Report(Rules.ConstructorParameter, () => LocationOf(parameter), parameter.Name, type.Name, problem);
            return null;
        }

        return binding.Source switch
        {
            BindingSource.Path or BindingSource.Query or BindingSource.Header => RequestValueReader.Read(parameter, binding),
            BindingSource.ByType when MethodReader.ReadByType(parameter.Type) is { } source => new ParameterModel(source),
            _ => ReadService(parameter, binding),
        };
    }

    private string? ProblemOf(IParameterSymbol parameter, ParameterBinding binding)
    {
        if (binding.Source is BindingSource.Path or BindingSource.Query or BindingSource.Header)
        {
            return RequestValueReader.Problem(parameter.Type) ?? (binding.Source == BindingSource.Path ? ProblemOfPath(binding.Name ?? parameter.Name) : null);
        }

        if (MethodReader.ProblemOfOptional(parameter.Type) is { } optional)
        {
            return optional;
        }

        var isOptional = parameter.HasExplicitDefaultValue || parameter.TakesNull();
        return (MethodReader.ReadByType(parameter.Type), binding.Source) switch
        {
            (_, BindingSource.Payload) => $"has [{ParameterBinding.NameOf(binding.Attribute!)}], but the constructor runs before the first message: take the payload in a method with [Message]",
            (ParameterSource.User, BindingSource.Service or BindingSource.KeyedService) => null,
            ({ } known, BindingSource.Service or BindingSource.KeyedService) when known != ParameterSource.Pipe =>
                $"has [{ParameterBinding.NameOf(binding.Attribute!)}], but is bound by its type: remove the attribute",
            (ParameterSource.MessageKind, _) => "is a MessageKind, which only a method with [Message] can take: remove it",
            (ParameterSource.Pipe, BindingSource.ByType) => "is an IDuplexPipe, which only a raw protocol's method with [OnUpgraded] can take: remove it",
            (ParameterSource.Close, _) => "is a CloseInfo, which only a method with [OnDisconnected] can take: remove it",
            (null, not BindingSource.KeyedService) when TakeInstead.OfService(parameter.Type) is { } instead =>
                $"is a '{parameter.Type.Display()}', which no container provides: {instead}",
            (null, not BindingSource.KeyedService) when !isOptional && IsValue(parameter.Type) =>
                $"is a '{parameter.Type.Display()}', which is not a service: mark it with [FromRoute], [FromQuery] or [FromKeyedServices(key)], or take a class that contains it",
            _ => null,
        };
    }

    private string? ProblemOfPath(string name) => protocols.Where(protocol => !protocol.PathParameters.Contains(name)).Select(protocol =>
        $"is bound to '{name}', which the path '{protocol.Model.Path}' doesn't have: add {{{name}}} to it").FirstOrDefault();

    // The type doesn't identify a value. A container that registers one would inject it everywhere.
    private static bool IsValue(ITypeSymbol declared) =>
        declared.SpecialType is (>= SpecialType.System_Boolean and <= SpecialType.System_UIntPtr) or SpecialType.System_DateTime
        || declared.TypeKind == TypeKind.Enum
        || (Symbols.IsNamespace(declared.ContainingNamespace, "System") && declared.Name is "Guid" or "TimeSpan" or "DateTimeOffset" or "DateOnly" or "TimeOnly" or "Uri")
        || declared is IArrayTypeSymbol;

    private static ParameterModel ReadService(IParameterSymbol parameter, ParameterBinding binding)
    {
        parameter.Type.IsNullableValue(out var underlying);
        var isKeyed = binding.Source == BindingSource.KeyedService;
        return new ParameterModel(
            isKeyed ? ParameterSource.KeyedService : ParameterSource.Service,
            underlying.CodeOfValue(),
            isKeyed ? binding.Key : null,
            parameter.HasExplicitDefaultValue ? Literals.Default(parameter) : parameter.TakesNull() ? "null" : null,
            IsValueType: underlying.IsValueType);
    }

    // Problems in another assembly are reported at the handler.
    private Location LocationOf(IParameterSymbol parameter) => parameter.FirstLocation() is { IsInSource: true } location ? location : type.FirstLocation();

    private static bool IsUsable(IMethodSymbol constructor, INamedTypeSymbol type, Compilation compilation) =>
        compilation.IsSymbolAccessibleWithin(constructor, type.ContainingAssembly)
        && !constructor.IsObsoleteError()
        && !IsCopyConstructor(constructor, type)
        && constructor.Parameters.All(parameter => parameter.RefKind is RefKind.None or RefKind.In
            && !parameter.Type.IsRefLikeType
            && parameter.Type.TypeKind != TypeKind.Dynamic
            && parameter.Type is not (IPointerTypeSymbol or IFunctionPointerTypeSymbol));

    private static bool IsCopyConstructor(IMethodSymbol constructor, INamedTypeSymbol type) =>
        constructor.Parameters is [var only] && SymbolEqualityComparer.Default.Equals(only.Type, type);

    private bool HasRequiredMembers() => type.SelfAndBases().Any(level => level.GetMembers().Any(member =>
        member is IPropertySymbol { IsRequired: true } or IFieldSymbol { IsRequired: true }));
}
