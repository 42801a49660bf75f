using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace UpgradeProtocols.Declarations;

/// <summary>Constants as C# expressions.</summary>
internal static class Literals
{
    /// <summary>The null default of a parameter whose type is not nullable.</summary>
    public const string NullOfOther = "null!";

    public static string Text(string? text) => text is null ? "null" : SymbolDisplay.FormatLiteral(text, quote: true);

    public static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>An attribute's argument, such as the key of a service.</summary>
    public static string Expression(TypedConstant constant) => constant switch
    {
        { IsNull: true, Type: { } type } => $"({type.CodeForTypeOf()})null!",
        { IsNull: true } => "null!",
        { Kind: TypedConstantKind.Type, Value: ITypeSymbol type } => $"typeof({type.CodeForTypeOf()})",
        { Kind: TypedConstantKind.Array, Type: { } type } =>
            $"new {type.CodeForTypeOf()} {{ {string.Join(", ", constant.Values.Select(Expression))} }}",
        { Kind: TypedConstantKind.Enum, Type: { } type } => $"({type.CodeForTypeOf()})({Primitive(constant.Value)})",
        { Kind: TypedConstantKind.Primitive, Type: { SpecialType: not (SpecialType.System_String or SpecialType.System_Int32 or SpecialType.System_Boolean) } type } =>
            $"({type.CodeForTypeOf()})({Primitive(constant.Value)})",
        { Kind: TypedConstantKind.Primitive } => Primitive(constant.Value),
        _ => "null",
    };

    /// <summary>A parameter's default value.</summary>
    public static string Default(IParameterSymbol parameter)
    {
        var type = parameter.Type;
        if (parameter.ExplicitDefaultValue is not { } value)
        {
            return parameter.TakesNull() ? "null" : type.IsValueType ? $"default({type.Code()})" : NullOfOther;
        }

        return type.IsNullableValue(out var underlying) || underlying.TypeKind == TypeKind.Enum
            ? $"({underlying.CodeForTypeOf()})({Primitive(value)})"
            : Primitive(value);
    }

    /// <summary>A name in JSON web style: leading capitals become lowercase, except the last one before a lowercase letter.</summary>
    public static string CamelCase(string name)
    {
        var characters = name.ToCharArray();
        for (var i = 0; i < characters.Length && char.IsUpper(characters[i]); i++)
        {
            if (i > 0 && i + 1 < characters.Length && !char.IsUpper(characters[i + 1]))
            {
                break;
            }

            characters[i] = char.ToLowerInvariant(characters[i]);
        }

        return new string(characters);
    }

    private static string Primitive(object? value) => value switch
    {
        null => "null",
        string text => Text(text),
        char character => SymbolDisplay.FormatLiteral(character, quote: true),
        bool flag => flag ? "true" : "false",
        float number => float.IsNaN(number) ? "float.NaN"
            : float.IsInfinity(number) ? (number > 0 ? "float.PositiveInfinity" : "float.NegativeInfinity")
            : number.ToString("R", CultureInfo.InvariantCulture) + "F",
        double number => double.IsNaN(number) ? "double.NaN"
            : double.IsInfinity(number) ? (number > 0 ? "double.PositiveInfinity" : "double.NegativeInfinity")
            : number.ToString("R", CultureInfo.InvariantCulture) + "D",
        decimal number => number.ToString(CultureInfo.InvariantCulture) + "M",
        DateTime time => $"new global::System.DateTime({time.Ticks.ToString(CultureInfo.InvariantCulture)}L)",
        long number => number.ToString(CultureInfo.InvariantCulture) + "L",
        ulong number => number.ToString(CultureInfo.InvariantCulture) + "UL",
        uint number => number.ToString(CultureInfo.InvariantCulture) + "U",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => "null",
    };
}
