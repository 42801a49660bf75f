using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <summary>Whether a JSON context refuses what C# says can't be: null where it isn't allowed, and parameters that are left out.</summary>
/// <param name="RefusesNull">RespectNullableAnnotations.</param>
/// <param name="RequiresParameters">RespectRequiredConstructorParameters.</param>
internal readonly record struct JsonNullability(bool RefusesNull, bool RequiresParameters)
{
    // The number of JsonSerializerDefaults.Strict, which sets both.
    private const int Strict = 2;

    public static JsonNullability Of(INamedTypeSymbol context)
    {
        var options = context.Attribute("System.Text.Json.Serialization", "JsonSourceGenerationOptionsAttribute");
        var isStrict = options?.ConstructorArguments is [{ Value: Strict }];
        return new JsonNullability(options?.Value<bool>("RespectNullableAnnotations") ?? isStrict, options?.Value<bool>("RespectRequiredConstructorParameters") ?? isStrict);
    }
}
