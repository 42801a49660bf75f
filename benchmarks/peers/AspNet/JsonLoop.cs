using System.Buffers;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Peers;

/// <summary>A typed request with a typed reply, in well-written code: source-generated JSON that allocates only the objects.</summary>
internal static class JsonLoop
{
    public static Task RunAsync(WebSocket socket, CancellationToken cancellationToken) => RunAsync(socket, awaits: false, cancellationToken);

    /// <summary>The same with an await before each reply.</summary>
    public static Task RunAwaitingAsync(WebSocket socket, CancellationToken cancellationToken) => RunAsync(socket, awaits: true, cancellationToken);

    private static async Task RunAsync(WebSocket socket, bool awaits, CancellationToken cancellationToken)
    {
        using var receiver = new MessageReceiver(socket);
        var output = new ArrayBufferWriter<byte>();
        await using var writer = new Utf8JsonWriter(output);
        while (await receiver.ReceiveAsync(cancellationToken) is { } message)
        {
            var request = JsonSerializer.Deserialize(message.Span, LoopJson.Default.Request)!;
            if (request.Type != "say")
            {
                throw new InvalidDataException($"An unknown message: {request.Type}");
            }

            if (awaits)
            {
                await Task.Yield();
            }

            output.ResetWrittenCount();
            writer.Reset();
            JsonSerializer.Serialize(writer, new Reply("reply", request.Id, Say(request.Data)), LoopJson.Default.Reply);
            await socket.SendAsync(output.WrittenMemory, WebSocketMessageType.Text, endOfMessage: true, cancellationToken);
        }
    }

    internal static Said Say(Say say) => new(say.Room, say.Text);
}

internal sealed record Say(string Room, string Text);

internal sealed record Said(string Room, string Text);

internal sealed record Request(string Type, int Id, Say Data);

internal sealed record Reply(string Type, int Id, Said Data);

[JsonSerializable(typeof(Request))]
[JsonSerializable(typeof(Reply))]
[JsonSerializable(typeof(Say))]
[JsonSerializable(typeof(Said))]
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
internal sealed partial class LoopJson : JsonSerializerContext;
