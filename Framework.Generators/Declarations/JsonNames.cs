using System.Text;
using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <summary>
/// The names under which System.Text.Json generates the metadata of types. They are simple names, so two types may have the same one.
/// </summary>
internal static class JsonNames
{
    private const string Serialization = "System.Text.Json.Serialization";

    /// <summary>The default name of a type.</summary>
    public static string Of(ITypeSymbol type)
    {
        switch (type)
        {
            case IArrayTypeSymbol array:
                return Of(array.ElementType) + (array.Rank == 1 ? "Array" : "Array" + Literals.Number(array.Rank));
            case INamedTypeSymbol { IsGenericType: true } generic:
                return generic.Name + string.Concat(ArgumentsInScope(generic).Select(Of));
            default:
                return type.Name;
        }
    }

    /// <summary>A unique name of a type, which includes the namespace and the containing types.</summary>
    public static string Unique(ITypeSymbol type)
    {
        var name = new StringBuilder();
        foreach (var character in type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat.WithMiscellaneousOptions(SymbolDisplayMiscellaneousOptions.None)).Replace("global::", ""))
        {
            name.Append(char.IsLetterOrDigit(character) || character == '_' ? character.ToString() : character == '[' ? "Array" : "");
        }

        return name.ToString();
    }

    /// <summary>Types of a context that share a name. System.Text.Json omits all but one of them.</summary>
    public static IEnumerable<(ITypeSymbol First, ITypeSymbol Second, string Name)> Clashes(INamedTypeSymbol context)
    {
        var given = GivenNames(context);
        foreach (var group in JsonContexts.TypesOf(context)
            .Select(type => type.WithNullableAnnotation(NullableAnnotation.None))
            .Distinct(SymbolEqualityComparer.Default)
            .OfType<ITypeSymbol>()
            .GroupBy(type => given.TryGetValue(type, out var name) ? name : Of(type), StringComparer.OrdinalIgnoreCase))
        {
            var types = group.OrderBy(type => type.CodeForTypeOf(), StringComparer.Ordinal).ToList();
            if (types.Count > 1)
            {
                yield return (types[0], types[1], group.Key);
            }
        }
    }

    /// <summary>Whether the context has another type with the default name of this type.</summary>
    public static bool IsTaken(INamedTypeSymbol context, ITypeSymbol type)
    {
        var given = GivenNames(context);
        var name = Of(type);
        return JsonContexts.TypesOf(context).Any(known =>
            !SymbolEqualityComparer.Default.Equals(known, type) && string.Equals(given.TryGetValue(known, out var own) ? own : Of(known), name, StringComparison.OrdinalIgnoreCase));
    }

    private static Dictionary<ITypeSymbol, string> GivenNames(INamedTypeSymbol context)
    {
        var names = new Dictionary<ITypeSymbol, string>(SymbolEqualityComparer.Default);
        foreach (var attribute in context.GetAttributes().Where(attribute => attribute.AttributeClass.Is(Serialization, "JsonSerializableAttribute")))
        {
            if (attribute.ConstructorArguments is [{ Kind: TypedConstantKind.Type, Value: ITypeSymbol type }] && attribute.Text("TypeInfoPropertyName") is { } name)
            {
                names[type] = name;
            }
        }

        return names;
    }

    private static IEnumerable<ITypeSymbol> ArgumentsInScope(INamedTypeSymbol type) =>
        (type.ContainingType is { } outer ? ArgumentsInScope(outer) : []).Concat(type.TypeArguments);
}
