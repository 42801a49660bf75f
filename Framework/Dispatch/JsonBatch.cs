using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace UpgradeProtocols.Runtime;

/// <summary>A frame that is a JSON array of messages.</summary>
internal static class JsonBatch
{
    public static bool IsBatch(ReadOnlySpan<byte> frame) => frame.TrimStart(" \t\r\n"u8) is [(byte)'[', ..];

    /// <summary>Finds the messages of any type. An array that isn't valid JSON to its end has none.</summary>
    public static bool TryRead(ReadOnlySpan<byte> frame, int limit, ref MessageEnvelope envelope, [NotNullWhen(true)] out List<Range>? members)
    {
        members = [];
        try
        {
            var reader = new Utf8JsonReader(frame);
            reader.Read();
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                if (members.Count == limit)
                {
                    envelope.Problem = $"A batch can have at most {limit} messages.";
                    return false;
                }

                members.Add(start..(int)reader.BytesConsumed);
            }

            // The reader throws if anything follows the array.
            reader.Read();
        }
        catch (JsonException e)
        {
            envelope.IsMalformed = true;
            envelope.Problem = $"The batch is not valid JSON (byte {e.BytePositionInLine}).";
            return false;
        }

        envelope.Problem = members.Count == 0 ? "A batch has one message at least." : null;
        return members.Count > 0;
    }
}
