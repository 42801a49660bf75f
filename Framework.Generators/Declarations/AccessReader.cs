using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <summary>Reads the authorization rules of a method, such as [Authorize], as expressions that recreate the attributes.</summary>
internal static class AccessReader
{
    private const string Namespace = "Microsoft.AspNetCore.Authorization";

    public static EquatableArray<string> Read(IMethodSymbol method)
    {
        var attributes = AttributesOf(method).ToList();
        return attributes.Exists(attribute => Has(attribute, "IAllowAnonymous"))
            ? default
            : attributes.Where(IsRule).Select(Expression).ToEquatableArray();
    }

    /// <summary>The attribute types of a method's authorization rules. Generated code must be able to name them.</summary>
    public static IEnumerable<INamedTypeSymbol> TypesOf(IMethodSymbol method) => AttributesOf(method).Where(IsRule).Select(attribute => attribute.AttributeClass!);

    // Authorization attributes are inherited, so those of overridden methods count too.
    private static IEnumerable<AttributeData> AttributesOf(IMethodSymbol method)
    {
        for (var declared = method; declared is not null; declared = declared.OverriddenMethod)
        {
            foreach (var attribute in declared.GetAttributes())
            {
                yield return attribute;
            }
        }
    }

    private static bool IsRule(AttributeData attribute) =>
        (Has(attribute, "IAuthorizeData") || Has(attribute, "IAuthorizationRequirementData")) && !attribute.HasErrors();

    private static bool Has(AttributeData attribute, string name) =>
        attribute.AttributeClass?.AllInterfaces.Any(candidate => candidate.Is(Namespace, name)) ?? false;

    private static string Expression(AttributeData attribute)
    {
        NamedSymbols.Note(attribute.AttributeConstructor!);
        foreach (var argument in attribute.NamedArguments)
        {
            if (attribute.AttributeClass!.SelfAndBases().SelectMany(level => level.GetMembers(argument.Key)).FirstOrDefault() is { } member)
            {
                NamedSymbols.Note(member);
            }
        }

        var arguments = string.Join(", ", attribute.ConstructorArguments.Select(Literals.Expression));
        var properties = string.Join(", ", attribute.NamedArguments.Select(argument => $"{Symbols.Escape(argument.Key)} = {Literals.Expression(argument.Value)}"));
        return $"new {attribute.AttributeClass!.CodeForTypeOf()}({arguments}){(properties.Length == 0 ? "" : $" {{ {properties} }}")}";
    }
}
