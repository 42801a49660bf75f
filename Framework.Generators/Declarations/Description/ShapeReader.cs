using System.Globalization;
using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <summary>Describes types as they appear in JSON, and collects the shapes of those that have members.</summary>
/// <param name="context">The JSON context that names the members, or <see langword="null"/> for web naming.</param>
/// <param name="hasCodec">Whether a custom codec reads and writes the types.</param>
internal sealed class ShapeReader(INamedTypeSymbol? context, bool hasCodec)
{
    private const string Serialization = "System.Text.Json.Serialization";
    private const int MaxNestedCollections = 32;

    private readonly SortedDictionary<string, TypeDescription> _types = new(StringComparer.Ordinal);

    // Types whose members are not read yet. A queue instead of recursion, because a chain of types can be of any length.
    private readonly Queue<(string Name, INamedTypeSymbol Type)> _pending = [];

    // Collections whose items are being read. A collection that contains itself is not entered again.
    private readonly HashSet<ITypeSymbol> _open = new(SymbolEqualityComparer.Default);
    private readonly TypeSearch _search = new();
    private readonly Func<string, string> _naming = JsonMembers.NamingOf(context);
    private bool _isDescribing;
    private readonly bool _isStrict = context is null || JsonNullability.Of(context).RequiresParameters;

    public EquatableArray<TypeDescription> Types => _types.Values.ToEquatableArray();

    /// <summary>The name of a type in the description: a JSON kind, <c>T?</c>, <c>T[]</c>, <c>map&lt;T&gt;</c>, or its own name.</summary>
    public string Read(ITypeSymbol type)
    {
        var name = NameWithNull(type);
        if (!_isDescribing)
        {
            _isDescribing = true;
            while (_pending.Count > 0)
            {
                var (next, symbol) = _pending.Dequeue();
                _types[next] = Describe(symbol, next);
            }

            _isDescribing = false;
        }

        return name;
    }

    private string NameWithNull(ITypeSymbol type)
    {
        if (type.IsNullableValue(out var underlying))
        {
            return NameWithNull(underlying) + "?";
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
            return NameWithNull(array.ElementType) + "[]";
        }

        if (type is not INamedTypeSymbol named)
        {
            return type.Display();
        }

        if (named.SpecialType == SpecialType.None && !JsonMembers.IsConverted(named) && ReadCollection(named) is { } collection)
        {
            return collection;
        }

        var name = NameOf(named);
        if ((named.TypeKind == TypeKind.Enum || !(named.IsOfFramework() && !named.IsTupleType)) && !JsonMembers.IsConverted(named)
            && !_types.ContainsKey(name))
        {
            // Added before its members are read, because they may refer to the type again.
            _types[name] = new TypeDescription(name, [], []);
            if (_search.Enters(named))
            {
                _pending.Enqueue((name, named));
            }
        }

        return name;
    }

    // A collection that contains itself, or that exceeds the nesting limit, is described by its name.
    private string? ReadCollection(INamedTypeSymbol type)
    {
        var interfaces = type.AllInterfaces.Append(type)
            .Where(candidate => candidate.TypeKind == TypeKind.Interface && Symbols.IsNamespace(candidate.ContainingNamespace, "System.Collections.Generic"))
            .ToList();
        var dictionary = interfaces.Find(candidate => candidate.MetadataName is "IDictionary`2" or "IReadOnlyDictionary`2");
        var item = dictionary?.TypeArguments[1] ?? interfaces.Find(candidate => candidate.MetadataName == "IEnumerable`1")?.TypeArguments[0];
        if (item is null)
        {
            return null;
        }

        if (_open.Count == MaxNestedCollections || TypeSearch.IsTooLarge(type) || !_open.Add(type))
        {
            return NameOf(type);
        }

        var name = NameWithNull(item);
        _open.Remove(type);
        return dictionary is null ? name + "[]" : $"map<{name}>";
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

    // If the context enforces it, a sender must provide every constructor parameter without a default. The rules of a custom codec are
    // unknown, so for a codec only non-nullable parameters are required.
    private HashSet<string> RequiredByConstructor(INamedTypeSymbol type) => new(
        _isStrict
            ? JsonMembers.ParametersOf(type).Where(parameter => !parameter.HasExplicitDefaultValue && (!hasCodec || !parameter.Type.IsNullable())).Select(parameter => parameter.Name)
            : [],
        StringComparer.OrdinalIgnoreCase);

    private static string NameOf(INamedTypeSymbol type) => type.SpecialType != SpecialType.None || type.IsTupleType
        ? type.Display()
        : type.IsOfFramework() && !type.IsGenericType ? type.Name : type.CodeForTypeOf().Replace("global::", "");
}
