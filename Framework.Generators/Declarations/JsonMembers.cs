using System.Text;
using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <summary>Determines how System.Text.Json treats a type's members, as far as attributes declare it.</summary>
internal static class JsonMembers
{
    private const string Serialization = "System.Text.Json.Serialization";

    /// <summary>Whether JSON excludes the member: [JsonIgnore] without a condition, or with Always.</summary>
    public static bool IsIgnored(ISymbol member) =>
        member.Attribute(Serialization, "JsonIgnoreAttribute") is { } ignore && ignore.Named("Condition") is null or { Value: 1 };

    /// <summary>Whether the member is never written, though it may be read: also [JsonIgnore] with WhenWriting.</summary>
    public static bool IsNeverWritten(ISymbol member) =>
        IsIgnored(member) || member.Attribute(Serialization, "JsonIgnoreAttribute")?.Named("Condition") is { Value: 4 };

    /// <summary>Whether a type or member has a custom converter.</summary>
    public static bool IsConverted(ISymbol symbol) => symbol.GetAttributes().Any(attribute =>
        attribute.AttributeClass is { } name && (name.Is(Serialization, "JsonConverterAttribute") || name.BaseType.Is(Serialization, "JsonConverterAttribute")));

    /// <summary>A member's name in JSON.</summary>
    /// <param name="member">The member.</param>
    /// <param name="naming">The context's naming for members without an explicit name.</param>
    public static string NameOf(ISymbol member, Func<string, string> naming) =>
        member.Attribute(Serialization, "JsonPropertyNameAttribute") is { ConstructorArguments: [{ Value: string name }] } ? name : naming(member.Name);

    /// <summary>The naming of a context. Without a context it is web naming.</summary>
    public static Func<string, string> NamingOf(ITypeSymbol? context)
    {
        var policy = PolicyOf(context);
        return name => Apply(policy, name);
    }

    /// <summary>The naming policy of a context. Without a context it is web naming.</summary>
    public static NamingPolicy PolicyOf(ITypeSymbol? context)
    {
        if (context is null)
        {
            return NamingPolicy.Camel;
        }

        var options = OptionsOf(context);
        return (options?.Value<int>("PropertyNamingPolicy"), options?.ConstructorArguments) switch
        {
            ({ } policy and >= (int)NamingPolicy.Camel and <= (int)NamingPolicy.KebabUpper, _) => (NamingPolicy)policy,
            (null or 0, [{ Value: 1 }]) => NamingPolicy.Camel,
            _ => NamingPolicy.None,
        };
    }

    /// <summary>Whether a context compares names without case. Without a context it has the web defaults.</summary>
    public static bool IgnoresCase(ITypeSymbol? context) =>
        context is null || (OptionsOf(context) is { } options
            && (options.Value<bool>("PropertyNameCaseInsensitive") ?? options.ConstructorArguments is [{ Value: 1 }]));

    /// <summary>The name of a member by a policy.</summary>
    public static string Apply(NamingPolicy policy, string name) => policy switch
    {
        NamingPolicy.Camel => Camel(name),
        NamingPolicy.SnakeLower => Words(name, '_'),
        NamingPolicy.SnakeUpper => Words(name, '_').ToUpperInvariant(),
        NamingPolicy.KebabLower => Words(name, '-'),
        NamingPolicy.KebabUpper => Words(name, '-').ToUpperInvariant(),
        _ => name,
    };

    /// <summary>The parameters of the constructor that deserializes a type. Empty if the type is read by its members.</summary>
    public static IReadOnlyList<IParameterSymbol> ParametersOf(INamedTypeSymbol type)
    {
        var constructors = type.InstanceConstructors
            .Where(constructor => constructor.DeclaredAccessibility == Accessibility.Public && !(constructor.Parameters is [var only] && SymbolEqualityComparer.Default.Equals(only.Type, type)))
            .ToList();
        var used = constructors.Find(constructor => constructor.Has(Serialization, "JsonConstructorAttribute"))
            ?? (constructors.Exists(constructor => constructor.Parameters.IsEmpty && (!type.IsValueType || !constructor.IsImplicitlyDeclared)) ? null
                : constructors.Where(constructor => !constructor.Parameters.IsEmpty).ToList() is [var only] ? only
                : constructors.Exists(constructor => constructor.Parameters.IsEmpty) ? null : constructors.FirstOrDefault());
        return used is null ? [] : used.Parameters;
    }

    private static AttributeData? OptionsOf(ITypeSymbol context) => context.Attribute(Serialization, "JsonSourceGenerationOptionsAttribute");

    private static string Camel(string name)
    {
        // Same result as JsonNamingPolicy.CamelCase: a run of capitals is one word.
        var characters = name.ToCharArray();
        for (var i = 0; i < characters.Length && char.IsUpper(characters[i]) && !(i > 0 && i + 1 < characters.Length && !char.IsUpper(characters[i + 1])); i++)
        {
            characters[i] = char.ToLowerInvariant(characters[i]);
        }

        return new string(characters);
    }

    private static string Words(string name, char separator)
    {
        var words = new StringBuilder();
        for (var i = 0; i < name.Length; i++)
        {
            var isStart = i > 0 && char.IsUpper(name[i]) && (!char.IsUpper(name[i - 1]) || (i + 1 < name.Length && char.IsLower(name[i + 1])));
            words.Append(isStart ? separator.ToString() : "").Append(char.ToLowerInvariant(name[i]));
        }

        return words.ToString();
    }
}
