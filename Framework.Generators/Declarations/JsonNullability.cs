using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <summary>Whether a JSON context enforces nullable annotations and required constructor parameters.</summary>
/// <param name="RefusesNull">The value of RespectNullableAnnotations.</param>
/// <param name="RequiresParameters">The value of RespectRequiredConstructorParameters.</param>
internal readonly record struct JsonNullability(bool RefusesNull, bool RequiresParameters)
{
    // The value of JsonSerializerDefaults.Strict, which sets both options.
    private const int Strict = 2;

    public static JsonNullability Of(INamedTypeSymbol context)
    {
        var options = context.Attribute("System.Text.Json.Serialization", "JsonSourceGenerationOptionsAttribute");
        var isStrict = options?.ConstructorArguments is [{ Value: Strict }];
        return new JsonNullability(options?.Value<bool>("RespectNullableAnnotations") ?? isStrict, options?.Value<bool>("RespectRequiredConstructorParameters") ?? isStrict);
    }
}
