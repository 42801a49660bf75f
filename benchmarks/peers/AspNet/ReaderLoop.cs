using System.Buffers;
using System.Net.WebSockets;
using System.Text.Json;

namespace Peers;

/// <summary>The same request, read and answered token by token: the minimum cost of System.Text.Json.</summary>
internal static class ReaderLoop
{
    public static async Task RunAsync(WebSocket socket, CancellationToken cancellationToken)
    {
        using var receiver = new MessageReceiver(socket);
        var output = new ArrayBufferWriter<byte>();
        await using var writer = new Utf8JsonWriter(output);
        while (await receiver.ReceiveAsync(cancellationToken) is { } message)
        {
            output.ResetWrittenCount();
            writer.Reset();
            Answer(message.Span, writer);
            await socket.SendAsync(output.WrittenMemory, WebSocketMessageType.Text, endOfMessage: true, cancellationToken);
        }
    }

    private static void Answer(ReadOnlySpan<byte> message, Utf8JsonWriter writer)
    {
        var reader = new Utf8JsonReader(message);
        var id = 0;
        Say? say = null;
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName)
            {
                continue;
            }

            if (reader.ValueTextEquals("type"u8))
            {
                reader.Read();
                if (!reader.ValueTextEquals("say"u8))
                {
                    throw new InvalidDataException("An unknown message.");
                }
            }
            else if (reader.ValueTextEquals("id"u8))
            {
                reader.Read();
                id = reader.GetInt32();
            }
            else if (reader.ValueTextEquals("data"u8))
            {
                say = ReadSay(ref reader);
            }
        }

        var said = JsonLoop.Say(say ?? throw new InvalidDataException("No data."));
        writer.WriteStartObject();
        writer.WriteString("type"u8, "reply"u8);
        writer.WriteNumber("id"u8, id);
        writer.WriteStartObject("data"u8);
        writer.WriteString("room"u8, said.Room);
        writer.WriteString("text"u8, said.Text);
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.Flush();
    }

    private static Say ReadSay(ref Utf8JsonReader reader)
    {
        var (room, text) = ("", "");
        reader.Read();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            if (reader.ValueTextEquals("room"u8))
            {
                reader.Read();
                room = reader.GetString()!;
            }
            else if (reader.ValueTextEquals("text"u8))
            {
                reader.Read();
                text = reader.GetString()!;
            }
        }

        return new Say(room, text);
    }
}
