using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace UpgradeProtocols.Declarations;

/// <summary>Reads attributes and finds the locations of their arguments.</summary>
internal static class Attributes
{
    public const string Namespace = "UpgradeProtocols";
    public const string UpgradeProtocol = "UpgradeProtocolAttribute";
    public const string ProtocolDefaults = "UpgradeProtocolDefaultsAttribute";
    public const string ClientContract = "ClientContractAttribute";
    public const string Message = "MessageAttribute";
    public const string AnyMessage = "AnyMessageAttribute";
    public const string OnUpgrading = "OnUpgradingAttribute";
    public const string OnConnected = "OnConnectedAttribute";
    public const string OnUpgraded = "OnUpgradedAttribute";
    public const string Background = "BackgroundAttribute";
    public const string OnDisconnected = "OnDisconnectedAttribute";
    public const string Payload = "PayloadAttribute";
    public const string Projection = "ProjectionAttribute";
    public const string MessageFormat = "MessageFormatAttribute";
    public const string PayloadCodec = "PayloadCodecAttribute";

    /// <summary>The attributes that mark a message or lifecycle method.</summary>
    public static readonly string[] OfMethods = [Message, AnyMessage, OnUpgrading, OnConnected, OnUpgraded, Background, OnDisconnected];

    public static bool IsOurs(this AttributeData attribute, string name) => attribute.AttributeClass.Is(Namespace, name);

    /// <summary>Whether the compiler has reported an error in the attribute. The framework's rules don't report it again.</summary>
    public static bool HasErrors(this AttributeData attribute) =>
        attribute.AttributeConstructor is null
        || attribute.ConstructorArguments.Any(IsError)
        || attribute.NamedArguments.Any(argument => IsError(argument.Value));

    public static TypedConstant? Named(this AttributeData attribute, string name)
    {
        foreach (var argument in attribute.NamedArguments)
        {
            if (argument.Key == name)
            {
                return argument.Value;
            }
        }

        return null;
    }

    public static T? Value<T>(this AttributeData attribute, string name)
        where T : struct => attribute.Named(name) is { Value: T value } ? value : null;

    public static string? Text(this AttributeData attribute, string name) => attribute.Named(name) is { } value ? value.Value as string : null;

    public static INamedTypeSymbol? Type(this AttributeData attribute, string name) => attribute.AnyType(name) as INamedTypeSymbol;

    /// <summary>The type that a named argument names, which may be an array.</summary>
    public static ITypeSymbol? AnyType(this AttributeData attribute, string name) =>
        attribute.Named(name) is { Kind: TypedConstantKind.Type } value ? value.Value as ITypeSymbol : null;

    public static EquatableArray<string>? Texts(this AttributeData attribute, string name) =>
        attribute.Named(name) is { Kind: TypedConstantKind.Array, IsNull: false } value
            ? value.Values.Select(item => item.Value as string ?? "").ToEquatableArray()
            : null;

    public static Location FindLocation(this AttributeData attribute, ISymbol fallback) =>
        attribute.ApplicationSyntaxReference?.GetSyntax().GetLocation() ?? fallback.FirstLocation();

    /// <summary>The location of a named argument's value, or of the attribute.</summary>
    public static Location FindLocation(this AttributeData attribute, string name, ISymbol fallback) =>
        attribute.FindExpression(name)?.GetLocation() ?? attribute.FindLocation(fallback);

    /// <summary>The expression of a named argument in source.</summary>
    public static ExpressionSyntax? FindExpression(this AttributeData attribute, string name) =>
        Arguments(attribute).FirstOrDefault(argument => argument.NameEquals?.Name.Identifier.ValueText == name)?.Expression;

    /// <summary>The location of the constructor's argument, or of the attribute.</summary>
    public static Location FindFirstLocation(this AttributeData attribute, ISymbol fallback) =>
        Arguments(attribute).FirstOrDefault(argument => argument.NameEquals is null)?.Expression.GetLocation()
        ?? attribute.FindLocation(fallback);

    private static SeparatedSyntaxList<AttributeArgumentSyntax> Arguments(AttributeData attribute) =>
        (attribute.ApplicationSyntaxReference?.GetSyntax() as AttributeSyntax)?.ArgumentList?.Arguments ?? default;

    private static bool IsError(TypedConstant constant) => constant.Kind switch
    {
        TypedConstantKind.Error => true,
        TypedConstantKind.Array => !constant.IsNull && constant.Values.Any(IsError),
        TypedConstantKind.Type => constant.Value is ITypeSymbol { TypeKind: TypeKind.Error },
        _ => false,
    };
}
