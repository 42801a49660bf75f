using System.Text.Json;
using System.Text.Json.Serialization;
using UpgradeProtocols;

namespace Chat;

/// <summary>A request to enter a room under a name.</summary>
public sealed record Join(string Room, string Name);

/// <summary>The members of the room, including the new one.</summary>
public sealed record Inside(string Room, IReadOnlyList<string> Members);

/// <summary>A chat message for a room. Version 1 has only the lobby and doesn't name it.</summary>
public sealed record Say(string Text, string Room = Rooms.Lobby);

/// <summary>A request for the last messages of a room.</summary>
public sealed record History(string Room, int Count);

/// <summary>A request to leave a room.</summary>
public sealed record Leave(string Room);

/// <summary>A chat message from a member.</summary>
public sealed record Said(string Room, string Name, string Text);

/// <summary>A member who joined or left.</summary>
public sealed record Presence(string Room, string Name);

/// <summary>The server's pushes. A call for a group reaches both versions; the server serializes it once for each version.</summary>
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
/// The payloads of version 1, whose clients have one room, so the server omits the room's name. Only this context has that
/// rule, so the handler pushes to both versions with one call.
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

/// <summary>Writes a chat message in the shape of version 1.</summary>
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
