using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace UpgradeProtocols;

/// <summary>Finds the required members that an unreadable payload lacks, for the error message to its sender.</summary>
internal static class MissingMembers
{
    /// <summary>Returns the required members that a JSON object lacks; none if the payload isn't an object.</summary>
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
            // The payload isn't JSON, or has a name with an unpaired surrogate: the sender only learns that its shape is wrong.
            return false;
        }
    }
}
