using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <summary>Finds the constructor that makes a handler, and what its parameters are taken from.</summary>
internal sealed class ConstructorReader(INamedTypeSymbol type, Compilation compilation, ProblemSink problems)
{
    private const string DependencyInjection = "Microsoft.Extensions.DependencyInjection";

    public EquatableArray<ConstructorParameterModel>? Read()
    {
        var usable = type.InstanceConstructors.Where(IsUsable).ToList();
        var chosen = usable.Find(constructor => constructor.Has(DependencyInjection, "ActivatorUtilitiesConstructorAttribute"))
            ?? usable.OrderByDescending(constructor => constructor.DeclaredAccessibility == Accessibility.Public)
                .ThenByDescending(constructor => constructor.Parameters.Length)
                .FirstOrDefault();
        if (chosen is null)
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

        return chosen.Parameters.Any(parameter => MethodReader.ContainsError(parameter.Type))
            ? null
            : chosen.Parameters.Select(Read).ToEquatableArray();
    }

    private static ConstructorParameterModel Read(IParameterSymbol parameter)
    {
        parameter.Type.IsNullableValue(out var underlying);
        var keyed = parameter.Attribute(DependencyInjection, "FromKeyedServicesAttribute");
        var absent = parameter.HasExplicitDefaultValue ? Literals.Default(parameter)
            : parameter.Type.IsNullable() ? "null"
            : null;
        return new ConstructorParameterModel(
            underlying.CodeOfValue(),
            keyed is null || keyed.HasErrors() ? null : keyed.ConstructorArguments is [var key, ..] ? Literals.Expression(key) : "null",
            absent,
            underlying.IsValueType);
    }

    private bool IsUsable(IMethodSymbol constructor) =>
        compilation.IsSymbolAccessibleWithin(constructor, type.ContainingAssembly)
        && !constructor.IsObsoleteError()
        && !IsCopyConstructor(constructor)
        && constructor.Parameters.All(parameter => parameter.RefKind is RefKind.None or RefKind.In
            && !parameter.Type.IsRefLikeType
            && parameter.Type is not (IPointerTypeSymbol or IFunctionPointerTypeSymbol));

    private bool IsCopyConstructor(IMethodSymbol constructor) =>
        constructor.Parameters is [var only] && SymbolEqualityComparer.Default.Equals(only.Type, type);

    private bool HasRequiredMembers() => type.SelfAndBases().Any(level => level.GetMembers().Any(member =>
        member is IPropertySymbol { IsRequired: true } or IFieldSymbol { IsRequired: true }));
}
