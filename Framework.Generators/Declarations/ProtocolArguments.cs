using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <summary>The arguments of an [UpgradeProtocol], with those that the class's [UpgradeProtocolDefaults] gives to all of them.</summary>
/// <param name="Own">The protocol's attribute.</param>
/// <param name="Defaults">The class's defaults; <see langword="null"/> where it has none.</param>
internal readonly record struct ProtocolArguments(AttributeData Own, AttributeData? Defaults)
{
    /// <summary>Whether the compiler has reported something wrong in one of the two.</summary>
    public bool HasErrors => Own.HasErrors() || Defaults?.HasErrors() == true;

    public TypedConstant? Named(string name) => AttributeOf(name)?.Named(name);

    public string? Text(string name) => AttributeOf(name)?.Text(name);

    public ITypeSymbol? AnyType(string name) => AttributeOf(name)?.AnyType(name);

    public INamedTypeSymbol? Type(string name) => AnyType(name) as INamedTypeSymbol;

    /// <summary>Where an argument's value stands, or the protocol's attribute.</summary>
    public Location FindLocation(string name, ISymbol fallback) => (AttributeOf(name) ?? Own).FindLocation(name, fallback);

    // A protocol that says itself how its payloads are written takes no default for the other way.
    private AttributeData? AttributeOf(string name)
    {
        if (Own.Named(name) is not null)
        {
            return Own;
        }

        var other = name switch { "JsonContext" => "Codec", "Codec" => "JsonContext", _ => null };
        return other is not null && Own.Named(other) is not null ? null : Defaults;
    }
}

internal static class ProtocolArgumentsExtensions
{
    /// <summary>The arguments of a protocol's attribute, with the defaults of its class.</summary>
    public static ProtocolArguments On(this AttributeData attribute, INamedTypeSymbol type) =>
        new(attribute, type.Attribute(Attributes.Namespace, Attributes.ProtocolDefaults));
}
