using System.Globalization;
using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <summary>Writes types as JSON has them, and gathers the shapes of those that have members.</summary>
/// <param name="context">The JSON context that names the members, or <see langword="null"/> for the web's names.</param>
/// <param name="hasCodec">Whether a codec of the user's own reads and writes them.</param>
internal sealed class ShapeReader(INamedTypeSymbol? context, bool hasCodec)
{
    private const string Serialization = "System.Text.Json.Serialization";

    private readonly SortedDictionary<string, TypeDescription> _types = new(StringComparer.Ordinal);
    private readonly Func<string, string> _naming = JsonMembers.NamingOf(context);
    private readonly bool _isStrict = context is null || JsonNullability.Of(context).RequiresParameters;

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

        if (named.SpecialType == SpecialType.None && !JsonMembers.IsConverted(named))
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
        if ((named.TypeKind == TypeKind.Enum || !(named.IsOfFramework() && !named.IsTupleType)) && !JsonMembers.IsConverted(named) && !_types.ContainsKey(name))
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
            if (member.IsStatic || member.IsImplicitlyDeclared && member is not IPropertySymbol || JsonMembers.IsIgnored(member)
                || !(member.DeclaredAccessibility == Accessibility.Public || member.Has(Serialization, "JsonIncludeAttribute"))
                || TypeOf(member) is not { } memberType)
            {
                continue;
            }

            var json = JsonMembers.NameOf(member, _naming);
            if (!members.ContainsKey(json))
            {
                members.Add(json, new MemberDescription(json, JsonMembers.IsConverted(member) ? "converted" : Read(memberType), IsRequired(member) || required.Contains(member.Name)));
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

    // What a constructor takes without a default every sender must say, if the context enforces it. Of another codec nobody knows: there it
    // is what can't be null.
    private HashSet<string> RequiredByConstructor(INamedTypeSymbol type) => new(
        _isStrict
            ? JsonMembers.ParametersOf(type).Where(parameter => !parameter.HasExplicitDefaultValue && (!hasCodec || !parameter.Type.IsNullable())).Select(parameter => parameter.Name)
            : [],
        StringComparer.OrdinalIgnoreCase);

    private static string NameOf(INamedTypeSymbol type) => type.SpecialType != SpecialType.None || type.IsTupleType
        ? type.Display()
        : type.IsOfFramework() && !type.IsGenericType ? type.Name : type.CodeForTypeOf().Replace("global::", "");
}
