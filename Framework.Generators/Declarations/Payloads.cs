using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <summary>Determines which types can be payloads, and in which form.</summary>
internal static class Payloads
{
    private const string Serialization = "System.Text.Json.Serialization";

    /// <summary>Reads a type that is known to be a payload.</summary>
    public static PayloadModel Read(ITypeSymbol type)
    {
        var form = FormOf(type);
        return new PayloadModel(
            form is PayloadForm.Memory or PayloadForm.Span ? type.IsNullableValue(out var inner) ? inner.Code() : type.Code() : type.CodeOfValue(),
            LabelOf(type),
            form,
            type.IsNullable());
    }

    /// <summary>The problem of a type as a payload, or <see langword="null"/>.</summary>
    public static string? Problem(ITypeSymbol type, bool canBeSpan)
    {
        if (type is IPointerTypeSymbol or IFunctionPointerTypeSymbol)
        {
            return "it is a pointer; use a class, record or struct";
        }

        if (type.IsRefLikeType)
        {
            return canBeSpan && FormOf(type) == PayloadForm.Span
                ? null
                : "it is a ref struct; use byte[], ReadOnlyMemory<byte>, or a class, record or struct";
        }

        if (type.TypeKind == TypeKind.Dynamic)
        {
            return "it is dynamic; use JsonElement, or a class, record or struct";
        }

        if (type is ITypeParameterSymbol)
        {
            return "it is an open generic type; use a closed type";
        }

        if (type.TypeKind == TypeKind.Delegate)
        {
            return "it is a delegate; use a class, record or struct";
        }

        if (TakeInstead.OfPayload(type) is not null)
        {
            return "it holds no data; use a class, record or struct" + (type.Name.EndsWith("Stream", StringComparison.Ordinal) ? ", byte[] or ReadOnlyMemory<byte>" : "");
        }

        if (type.TypeKind == TypeKind.Interface && !IsReadableInterface(type))
        {
            return type.Locations.Any(location => location.IsInSource)
                ? "it is an interface without declared polymorphism; use a class, or add [JsonDerivedType] to it"
                : "it is an interface, which doesn't determine the concrete type; use a class, record or struct";
        }

        if (type is { TypeKind: TypeKind.Class, IsAbstract: true } && !IsPolymorphic(type) && !IsOfNamespace(type, "System.Text.Json.Nodes"))
        {
            return type.Locations.Any(location => location.IsInSource)
                ? "it is an abstract class without declared polymorphism; use a concrete class, or add [JsonDerivedType] to it"
                : "it is an abstract class, which doesn't determine the concrete type; use a concrete class";
        }

        return null;
    }

    /// <summary>Whether an interface can be a payload: a collection, or an interface with declared polymorphism.</summary>
    public static bool IsReadableInterface(ITypeSymbol type) =>
        IsPolymorphic(type)
        || IsOfNamespace(type, "System.Collections.Generic") && !type.Name.StartsWith("IAsync", StringComparison.Ordinal)
        || IsOfNamespace(type, "System.Collections.Immutable")
        || IsOfNamespace(type, "System.Collections");

    public static PayloadForm FormOf(ITypeSymbol type)
    {
        type.IsNullableValue(out type);
        return type switch
        {
            { SpecialType: SpecialType.System_String } => PayloadForm.Text,
            IArrayTypeSymbol { Rank: 1, ElementType.SpecialType: SpecialType.System_Byte } => PayloadForm.Bytes,
            INamedTypeSymbol { TypeArguments: [{ SpecialType: SpecialType.System_Byte }] } when type.Is("System", "ReadOnlyMemory`1") => PayloadForm.Memory,
            INamedTypeSymbol { TypeArguments: [{ SpecialType: SpecialType.System_Byte }] } when type.Is("System", "ReadOnlySpan`1") => PayloadForm.Span,
            _ => PayloadForm.Typed,
        };
    }

    private static string LabelOf(ITypeSymbol type) => type switch
    {
        IArrayTypeSymbol array => LabelOf(array.ElementType) + "Array",
        INamedTypeSymbol { IsTupleType: true } tuple => "TupleOf" + string.Concat(tuple.TupleElements.Select(element => LabelOf(element.Type))),
        INamedTypeSymbol { TypeArguments.Length: > 0 } generic =>
            generic.IsNullableValue(out var inner) ? "Nullable" + LabelOf(inner) : generic.Name + "Of" + string.Concat(generic.TypeArguments.Select(LabelOf)),
        { Name.Length: > 0 } named => named.Name,
        _ => "Payload",
    };

    private static bool IsPolymorphic(ITypeSymbol type) => type.GetAttributes().Any(attribute =>
        attribute.AttributeClass.Is(Serialization, "JsonDerivedTypeAttribute")
        || attribute.AttributeClass.Is(Serialization, "JsonPolymorphicAttribute")
        || attribute.AttributeClass.Is(Serialization, "JsonConverterAttribute"));

    private static bool IsOfNamespace(ITypeSymbol type, string name) => Symbols.IsNamespace(type.ContainingNamespace, name);
}
