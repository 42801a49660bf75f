using System.Text;
using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <summary>The names under which System.Text.Json generates the metadata of types: simple ones, so that two types may have the same.</summary>
internal static class JsonNames
{
    private const string Serialization = "System.Text.Json.Serialization";

    /// <summary>The name that a type has by itself.</summary>
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

    /// <summary>A name that no other type has: with the namespace and the types around it.</summary>
    public static string Unique(ITypeSymbol type)
    {
        var name = new StringBuilder();
        foreach (var character in type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat.WithMiscellaneousOptions(SymbolDisplayMiscellaneousOptions.None)).Replace("global::", ""))
        {
            name.Append(char.IsLetterOrDigit(character) || character == '_' ? character.ToString() : character == '[' ? "Array" : "");
        }

        return name.ToString();
    }

    /// <summary>Types of a context that have one name, so that all but one are left out.</summary>
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

    /// <summary>Whether the context has another type of the name that this one would have.</summary>
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
