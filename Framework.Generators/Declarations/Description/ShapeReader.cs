using System.Globalization;
using System.Text;
using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <summary>Writes types as JSON has them, and gathers the shapes of those that have members.</summary>
/// <param name="context">The JSON context that names the members, or <see langword="null"/> for the web's names.</param>
internal sealed class ShapeReader(ITypeSymbol? context)
{
    private const string Serialization = "System.Text.Json.Serialization";

    private readonly SortedDictionary<string, TypeDescription> _types = new(StringComparer.Ordinal);
    private readonly Func<string, string> _naming = NamingOf(context);

    public EquatableArray<TypeDescription> Types => _types.Values.ToEquatableArray();

    /// <summary>A type's name in the description: JSON's own kinds, <c>T?</c>, <c>T[]</c>, <c>map&lt;T&gt;</c>, or the type's.</summary>
    public string Read(ITypeSymbol type)
    {
        if (type.IsNullableValue(out var underlying))
        {
            return Read(underlying) + "?";
        }

        var name = ReadValue(type);
        return type is { IsReferenceType: true, NullableAnnotation: NullableAnnotation.Annotated } ? name + "?" : name;
    }

    private string ReadValue(ITypeSymbol type)
    {
        if (type.SpecialType == SpecialType.System_String)
        {
            return "string";
        }

        if (Payloads.FormOf(type) is PayloadForm.Bytes or PayloadForm.Memory or PayloadForm.Span)
        {
            return "bytes";
        }

        if (type is IArrayTypeSymbol array)
        {
            return Read(array.ElementType) + "[]";
        }

        if (type is not INamedTypeSymbol named)
        {
            return type.Display();
        }

        if (named.SpecialType == SpecialType.None && !IsConverted(named))
        {
            var interfaces = named.AllInterfaces.Append(named).Where(candidate => candidate.TypeKind == TypeKind.Interface && Symbols.IsNamespace(candidate.ContainingNamespace, "System.Collections.Generic")).ToList();
            if (interfaces.Find(candidate => candidate.MetadataName is "IDictionary`2" or "IReadOnlyDictionary`2") is { } dictionary)
            {
                return $"map<{Read(dictionary.TypeArguments[1])}>";
            }

            if (interfaces.Find(candidate => candidate.MetadataName == "IEnumerable`1") is { } list)
            {
                return Read(list.TypeArguments[0]) + "[]";
            }
        }

        var name = NameOf(named);
        if ((named.TypeKind == TypeKind.Enum || !(named.IsOfFramework() && !named.IsTupleType)) && !IsConverted(named) && !_types.ContainsKey(name))
        {
            // Known before its members are read, which may lead back to it.
            _types[name] = new TypeDescription(name, [], []);
            _types[name] = Describe(named, name);
        }

        return name;
    }

    private TypeDescription Describe(INamedTypeSymbol type, string name)
    {
        if (type.TypeKind == TypeKind.Enum)
        {
            var values = type.GetMembers().OfType<IFieldSymbol>().Where(field => field.HasConstantValue)
                .Select(field => $"{field.Name}={Convert.ToString(field.ConstantValue, CultureInfo.InvariantCulture)}");
            return new TypeDescription(name, [], values.OrderBy(value => value, StringComparer.Ordinal).ToEquatableArray());
        }

        var required = RequiredByConstructor(type);
        var members = new SortedDictionary<string, MemberDescription>(StringComparer.Ordinal);
        foreach (var member in (type.TypeKind == TypeKind.Interface ? type.AllInterfaces.Insert(0, type) : type.SelfAndBases()).SelectMany(level => level.GetMembers()))
        {
            if (member.IsStatic || member.IsImplicitlyDeclared && member is not IPropertySymbol || IsIgnored(member)
                || !(member.DeclaredAccessibility == Accessibility.Public || member.Has(Serialization, "JsonIncludeAttribute"))
                || TypeOf(member) is not { } memberType)
            {
                continue;
            }

            var json = member.Attribute(Serialization, "JsonPropertyNameAttribute") is { ConstructorArguments: [{ Value: string given }] } ? given : _naming(member.Name);
            if (!members.ContainsKey(json))
            {
                members.Add(json, new MemberDescription(json, IsConverted(member) ? "converted" : Read(memberType), IsRequired(member) || required.Contains(member.Name)));
            }
        }

        var derived = type.GetAttributes()
            .Where(attribute => attribute.AttributeClass.Is(Serialization, "JsonDerivedTypeAttribute"))
            .Select(attribute => attribute.ConstructorArguments)
            .Where(arguments => arguments is [{ Value: INamedTypeSymbol }, ..])
            .Select(arguments => $"{(arguments.Length > 1 ? Convert.ToString(arguments[1].Value, CultureInfo.InvariantCulture) : "")}: {Read((ITypeSymbol)arguments[0].Value!)}");
        return new TypeDescription(name, members.Values.ToEquatableArray(), derived.OrderBy(value => value, StringComparer.Ordinal).ToEquatableArray());
    }

    private static ITypeSymbol? TypeOf(ISymbol member) => member switch
    {
        IPropertySymbol { IsIndexer: false, GetMethod: not null, Name: not "EqualityContract" } property => property.Type,
        IFieldSymbol { AssociatedSymbol: null } field when field.Has(Serialization, "JsonIncludeAttribute") || field.ContainingType.IsTupleType => field.Type,
        _ => null,
    };

    private static bool IsRequired(ISymbol member) =>
        member is IPropertySymbol { IsRequired: true } or IFieldSymbol { IsRequired: true } || member.Has(Serialization, "JsonRequiredAttribute");

    // What a constructor takes, and neither may be null nor has a default, every sender must say.
    private static HashSet<string> RequiredByConstructor(INamedTypeSymbol type)
    {
        var constructors = type.InstanceConstructors
            .Where(constructor => constructor.DeclaredAccessibility == Accessibility.Public && !(constructor.Parameters is [var only] && SymbolEqualityComparer.Default.Equals(only.Type, type)))
            .ToList();
        var used = constructors.Find(constructor => constructor.Has(Serialization, "JsonConstructorAttribute"))
            ?? (constructors.Exists(constructor => constructor.Parameters.IsEmpty) ? null : constructors.FirstOrDefault());
        return new HashSet<string>(
            used?.Parameters.Where(parameter => !parameter.HasExplicitDefaultValue && !parameter.Type.IsNullable()).Select(parameter => parameter.Name) ?? [],
            StringComparer.OrdinalIgnoreCase);
    }

    private static bool IsIgnored(ISymbol member) =>
        member.Attribute(Serialization, "JsonIgnoreAttribute") is { } ignore && ignore.Named("Condition") is null or { Value: 1 };

    private static bool IsConverted(ISymbol symbol) => symbol.GetAttributes().Any(attribute =>
        attribute.AttributeClass is { } name && (name.Is(Serialization, "JsonConverterAttribute") || name.BaseType.Is(Serialization, "JsonConverterAttribute")));

    private static string NameOf(INamedTypeSymbol type) => type.SpecialType != SpecialType.None || type.IsTupleType
        ? type.Display()
        : type.IsOfFramework() && !type.IsGenericType ? type.Name : type.CodeForTypeOf().Replace("global::", "");

    private static Func<string, string> NamingOf(ITypeSymbol? context)
    {
        if (context is null)
        {
            return Camel;
        }

        var options = context.Attribute(Serialization, "JsonSourceGenerationOptionsAttribute");
        return (options?.Value<int>("PropertyNamingPolicy"), options?.ConstructorArguments) switch
        {
            (1, _) => Camel,
            (2, _) => name => Words(name, '_'),
            (3, _) => name => Words(name, '_').ToUpperInvariant(),
            (4, _) => name => Words(name, '-'),
            (5, _) => name => Words(name, '-').ToUpperInvariant(),
            (null or 0, [{ Value: 1 }]) => Camel,
            _ => name => name,
        };
    }

    private static string Camel(string name)
    {
        // As JsonNamingPolicy.CamelCase: a run of capitals is one word.
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
