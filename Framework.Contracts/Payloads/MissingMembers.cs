using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace UpgradeProtocols;

/// <summary>Finds out what a payload that couldn't be read lacks, to tell its sender.</summary>
internal static class MissingMembers
{
    /// <summary>The required members that a JSON object doesn't have; none where it is no object.</summary>
    public static IReadOnlyList<string> In(ReadOnlySpan<byte> payload, JsonTypeInfo type)
    {
        if (type.Kind != JsonTypeInfoKind.Object)
        {
            return [];
        }

        var comparer = type.Options.PropertyNameCaseInsensitive ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal;
        var missing = type.Properties.Where(IsRequired).Select(member => member.Name).ToHashSet(comparer);
        return TryRemovePresent(payload, missing) ? [.. missing.Order(StringComparer.Ordinal)] : [];
    }

    private static bool IsRequired(JsonPropertyInfo member) =>
        member.IsRequired || (member.Options.RespectRequiredConstructorParameters && member.AssociatedParameter is { HasDefaultValue: false });

    private static bool TryRemovePresent(ReadOnlySpan<byte> payload, HashSet<string> missing)
    {
        if (payload.IsEmpty)
        {
            return true;
        }

        try
        {
            var reader = new Utf8JsonReader(payload);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return false;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                missing.Remove(reader.GetString()!);
                reader.Skip();
            }

            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // It isn't JSON, or has a name with half a surrogate pair: that it doesn't fit is what its sender is told.
            return false;
        }
    }
}
