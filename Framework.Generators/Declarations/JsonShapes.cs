using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <summary>Finds types that System.Text.Json serializes incorrectly or can't deserialize, although the code compiles.</summary>
internal static class JsonShapes
{
    // A search through generic types may reach new types without end.
    private const int MaxTypes = 1000;

    private const string Serialization = "System.Text.Json.Serialization";

    // System.Text.Json writes these types by their properties, which don't hold the value, or fails.
    private static readonly (string Namespace, string Name)[] s_withoutConverter =
    [
        ("System.Globalization", "CultureInfo"),
        ("System.Net", "IPAddress"),
        ("System.Net", "IPEndPoint"),
        ("System.Numerics", "BigInteger"),
        ("System.Numerics", "Quaternion"),
        ("System.Text", "Encoding"),
        ("System.Text", "StringBuilder"),
    ];

    /// <summary>The problem of a payload that the JSON codec writes, or <see langword="null"/>.</summary>
    public static string? Problem(ITypeSymbol payload, INamedTypeSymbol? context)
    {
        var options = OptionsOf(context);
        var hasFields = options?.Value<bool>("IncludeFields") == true;
        var hasConverters = options?.Named("Converters") is not null;
        var seen = new HashSet<ITypeSymbol>(SymbolEqualityComparer.Default);
        var pending = new Queue<ITypeSymbol>();
        pending.Enqueue(payload);
        while (pending.Count > 0 && seen.Count < MaxTypes)
        {
            var type = pending.Dequeue();
            if (!seen.Add(type))
            {
                continue;
            }

            if (ProblemOf(type, hasFields, hasConverters) is { } problem)
            {
                return ReferenceEquals(type, payload) ? $"it {problem}" : $"its '{type.Display()}' {problem}";
            }

            foreach (var next in JsonContexts.Reached(type, hasFields))
            {
                pending.Enqueue(next);
            }
        }

        return null;
    }

    /// <summary>The problem of a byte type in a format that sends text and bytes unchanged, or <see langword="null"/>.</summary>
    public static string? ProblemOfBytes(ITypeSymbol payload)
    {
        payload.IsNullableValue(out var type);
        return type is INamedTypeSymbol { TypeArguments: [{ SpecialType: SpecialType.System_Byte }] }
            && (type.Is("System", "Memory`1") || type.Is("System", "ArraySegment`1") || type.Is("System.Buffers", "ReadOnlySequence`1") || type.Is("System.Buffers", "IMemoryOwner`1"))
            ? "it would be serialized as JSON, not as raw bytes; use byte[] or ReadOnlyMemory<byte>"
            : null;
    }

    /// <summary>Whether the context can't deserialize a type, because the type or the context has GenerationMode.Serialization.</summary>
    public static bool IsWriteOnly(INamedTypeSymbol context, ITypeSymbol type)
    {
        const int serialization = 2;
        var own = context.GetAttributes().FirstOrDefault(attribute => attribute.AttributeClass.Is(Serialization, "JsonSerializableAttribute")
            && attribute.ConstructorArguments is [{ Kind: TypedConstantKind.Type, Value: ITypeSymbol root }]
            && SymbolEqualityComparer.Default.Equals(root, type));
        var mode = own?.Value<int>("GenerationMode") is { } given and not 0 ? given : OptionsOf(context)?.Value<int>("GenerationMode");
        return mode == serialization;
    }

    private static AttributeData? OptionsOf(INamedTypeSymbol? context) => context?.Attribute(Serialization, "JsonSourceGenerationOptionsAttribute");

    private static bool HasFieldsAlone(INamedTypeSymbol type)
    {
        if (type is not { TypeKind: TypeKind.Class or TypeKind.Struct, SpecialType: SpecialType.None } || JsonMembers.IsConverted(type)
            || type.AllInterfaces.Any(level => level.SpecialType == SpecialType.System_Collections_IEnumerable))
        {
            return false;
        }

        var members = type.SelfAndBases().SelectMany(level => level.GetMembers())
            .Where(member => !member.IsStatic && member is IFieldSymbol { IsImplicitlyDeclared: false } or IPropertySymbol { IsIndexer: false })
            .ToList();
        return members.Exists(member => member is IFieldSymbol { DeclaredAccessibility: Accessibility.Public } && !JsonMembers.IsIgnored(member))
            && !members.Exists(member => member.Has(Serialization, "JsonIncludeAttribute")
                || (member is IPropertySymbol { DeclaredAccessibility: Accessibility.Public } && !JsonMembers.IsIgnored(member)));
    }

    private static string? ProblemOf(ITypeSymbol type, bool hasFields, bool hasConverters) => type switch
    {
        IArrayTypeSymbol { Rank: > 1 } => "is a multidimensional array, which JSON can't represent; use an array of arrays",
        { SpecialType: SpecialType.System_IntPtr or SpecialType.System_UIntPtr } => "is a native-sized integer, which JSON can't represent; use long",
        INamedTypeSymbol { IsTupleType: true } when !hasFields =>
            "is a tuple, whose elements are fields, so it is serialized as {}; use a record, or set IncludeFields in the context's [JsonSourceGenerationOptions]",
        INamedTypeSymbol named when !hasFields && !hasConverters && HasFieldsAlone(named) =>
            "has fields and no properties, so it is serialized as {}; use a record, or set IncludeFields in the context's [JsonSourceGenerationOptions]",
        { TypeKind: TypeKind.Delegate } => "is a delegate, which JSON can't represent; exclude it with [JsonIgnore]",
        _ when type.Is("System.Buffers", "ReadOnlySequence`1") => "is a sequence, which JSON can't represent; use byte[] or ReadOnlyMemory<byte>",
        _ when !hasConverters && s_withoutConverter.Any(known => type.Is(known.Namespace, known.Name)) =>
            "has no converter in System.Text.Json, so its value is lost; use a string, or set Converters in the context's [JsonSourceGenerationOptions]",
        _ when !type.Is("System.Collections.Generic", "IAsyncEnumerable`1") && TakeInstead.OfPayload(type) is not null => "holds no data; exclude it with [JsonIgnore]",
        _ => null,
    };
}
