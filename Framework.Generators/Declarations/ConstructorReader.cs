using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <summary>Finds the constructor that makes a handler, and what its parameters are taken from.</summary>
internal sealed class ConstructorReader(INamedTypeSymbol type, Compilation compilation, ProblemSink problems)
{
    private const string DependencyInjection = "Microsoft.Extensions.DependencyInjection";

    public EquatableArray<ConstructorParameterModel>? Read()
    {
        if (Choose(type, compilation) is not { } chosen)
        {
            problems.Report(
                Rules.HandlerNotCreatable,
                type.FirstLocation,
                type.Name,
                "it has no usable constructor; add an internal or public one whose parameters are services, taken by value");
            return null;
        }

        if (HasRequiredMembers() && !chosen.Has("System.Diagnostics.CodeAnalysis", "SetsRequiredMembersAttribute"))
        {
            problems.Report(
                Rules.HandlerNotCreatable,
                type.FirstLocation,
                type.Name,
                "it has required members; take them as the constructor's parameters");
            return null;
        }

        NamedSymbols.Note(chosen);
        return chosen.Parameters.Any(parameter => MethodReader.ContainsError(parameter.Type))
            ? null
            : chosen.Parameters.Select(Read).ToEquatableArray();
    }

    /// <summary>The constructor that generated code calls, or <see langword="null"/> when it can call none.</summary>
    public static IMethodSymbol? Choose(INamedTypeSymbol type, Compilation compilation)
    {
        var usable = type.InstanceConstructors.Where(constructor => IsUsable(constructor, type, compilation)).ToList();
        return usable.Find(constructor => constructor.Has(DependencyInjection, "ActivatorUtilitiesConstructorAttribute"))
            ?? usable.OrderByDescending(constructor => constructor.DeclaredAccessibility == Accessibility.Public)
                .ThenByDescending(constructor => constructor.Parameters.Length)
                .FirstOrDefault();
    }

    private static ConstructorParameterModel Read(IParameterSymbol parameter)
    {
        parameter.Type.IsNullableValue(out var underlying);
        var keyed = parameter.Attribute(DependencyInjection, "FromKeyedServicesAttribute");
        var absent = parameter.HasExplicitDefaultValue ? Literals.Default(parameter)
            : parameter.TakesNull() ? "null"
            : null;
        return new ConstructorParameterModel(
            underlying.CodeOfValue(),
            keyed is null || keyed.HasErrors() ? null : keyed.ConstructorArguments is [{ IsNull: false } key, ..] ? Literals.Expression(key) : "null",
            absent,
            underlying.IsValueType);
    }

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
