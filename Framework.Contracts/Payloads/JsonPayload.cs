using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace UpgradeProtocols;

/// <summary>A serializer for JSON payloads that uses the metadata of a <see cref="JsonSerializerContext"/>.</summary>
/// <typeparam name="T">The payload's type.</typeparam>
/// <param name="typeInfo">The type's metadata.</param>
public sealed class JsonPayload<T>(JsonTypeInfo<T> typeInfo) : PayloadSerializer<T>
{
    /// <inheritdoc/>
    public override T? Read(ReadOnlySpan<byte> payload)
    {
        try
        {
            // An absent payload counts as an empty object, so that a message without required members doesn't need a payload.
            return JsonSerializer.Deserialize(payload.IsEmpty ? "{}"u8 : payload, typeInfo);
        }
        catch (JsonException e)
        {
            throw Unfit(payload, e);
        }
    }

    // The path contains names that the peer chose, and the inner exception's text may contain the peer's values. Logs show both.
    private PayloadException Unfit(ReadOnlySpan<byte> payload, JsonException e)
    {
        var path = LogText.Of(e.Path);
        var cause = new JsonException(LogText.Of(e.Message), path, e.LineNumber, e.BytePositionInLine);
        return new PayloadException(ProblemOf(payload, path), cause);
    }

    private string ProblemOf(ReadOnlySpan<byte> payload, string path) =>
        path is not ("" or "$") ? $"The payload doesn't have the message's shape at {path}."
        : MissingMembers.In(payload, typeInfo) is { Count: > 0 } missing ? $"The payload lacks {string.Join(", ", missing.Select(name => $"'{name}'"))}."
        : "The payload doesn't have the message's shape.";

    /// <inheritdoc/>
    public override void Write(IBufferWriter<byte> output, T value)
    {
        var writer = JsonWriterCache.Rent(output, typeInfo.Options.Encoder);
        try
        {
            JsonSerializer.Serialize(writer, value, typeInfo);
            writer.Flush();
        }
        finally
        {
            JsonWriterCache.Return(writer, typeInfo.Options.Encoder);
        }
    }
}

/// <summary>A factory of serializers for the payload types of a <see cref="JsonSerializerContext"/>.</summary>
public static class JsonPayload
{
    /// <summary>Creates the serializer of a type that the context has.</summary>
    /// <typeparam name="T">The payload's type.</typeparam>
    /// <param name="context">The context.</param>
    /// <returns>The serializer.</returns>
    /// <exception cref="InvalidOperationException">The context doesn't have the type.</exception>
    public static PayloadSerializer<T> For<T>(JsonSerializerContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.GetTypeInfo(typeof(T)) is JsonTypeInfo<T> info
            ? new JsonPayload<T>(info)
            : throw new InvalidOperationException(
                $"{context.GetType()} doesn't know {typeof(T)}. Add [JsonSerializable(typeof({typeof(T).Name}))] to it.");
    }
}

/// <summary>A cache of one <see cref="Utf8JsonWriter"/> per thread: creating a writer costs more than writing most payloads.</summary>
internal static class JsonWriterCache
{
    [ThreadStatic]
    private static Utf8JsonWriter? t_writer;

    [ThreadStatic]
    private static JavaScriptEncoder? t_encoder;

    public static Utf8JsonWriter Rent(IBufferWriter<byte> output, JavaScriptEncoder? encoder)
    {
        var writer = t_writer;
        t_writer = null;
        if (writer is null || !ReferenceEquals(t_encoder, encoder))
        {
            return new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = encoder, SkipValidation = true });
        }

        writer.Reset(output);
        return writer;
    }

    public static void Return(Utf8JsonWriter writer, JavaScriptEncoder? encoder)
    {
        writer.Reset(Stream.Null);
        t_writer = writer;

        // Cached together with the writer: a converter may have used a writer with another encoder in between.
        t_encoder = encoder;
    }
}
