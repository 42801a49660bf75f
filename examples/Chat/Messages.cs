using System.Text.Json;
using System.Text.Json.Serialization;
using UpgradeProtocols;

namespace Chat;

/// <summary>Enters a room under a name.</summary>
public sealed record Join(string Room, string Name);

/// <summary>The members of the room, including the new one.</summary>
public sealed record Inside(string Room, IReadOnlyList<string> Members);

/// <summary>Says something in a room; version 1 knows the lobby only and doesn't name it.</summary>
public sealed record Say(string Text, string Room = Rooms.Lobby);

/// <summary>Asks for the last messages of a room.</summary>
public sealed record History(string Room, int Count);

/// <summary>Leaves a room.</summary>
public sealed record Leave(string Room);

/// <summary>A member said something.</summary>
public sealed record Said(string Room, string Name, string Text);

/// <summary>A member joined or left.</summary>
public sealed record Presence(string Room, string Name);

/// <summary>The pushes to the clients. A call for a group reaches both versions, serialized once for each format.</summary>
[ClientContract]
public interface IChatEvents
{
    [Message("said")]
    ValueTask SaidAsync(Said said);

    [Message("joined", Versions = [ChatHandler.V2])]
    ValueTask JoinedAsync(Presence joined);

    [Message("left", Versions = [ChatHandler.V2])]
    ValueTask LeftAsync(Presence left);
}

/// <summary>The payloads of version 2.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(Join))]
[JsonSerializable(typeof(Inside))]
[JsonSerializable(typeof(Say))]
[JsonSerializable(typeof(History))]
[JsonSerializable(typeof(Leave))]
[JsonSerializable(typeof(Said))]
[JsonSerializable(typeof(Presence))]
internal sealed partial class ChatJson : JsonSerializerContext;

/// <summary>
/// The payloads of version 1, whose clients have one room: what is said goes out without the room's name. It is the context
/// that knows this, so the handler tells both versions by one call.
/// </summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters = [typeof(SaidInLobby)])]
[JsonSerializable(typeof(Say))]
[JsonSerializable(typeof(Said))]
[JsonSerializable(typeof(Presence))]
internal sealed partial class ChatV1Json : JsonSerializerContext;

/// <summary>Writes what was said as version 1 has it.</summary>
internal sealed class SaidInLobby : JsonConverter<Said>
{
    public override Said Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("Clients don't send this.");

    public override void Write(Utf8JsonWriter writer, Said value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WriteString("name"u8, value.Name);
        writer.WriteString("text"u8, value.Text);
        writer.WriteEndObject();
    }
}
