// StreamJsonRpc over ASP.NET Core's WebSockets, with its System.Text.Json formatter.
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using StreamJsonRpc;
using Peers;

var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.ClearProviders();
builder.WebHost.UseUrls("http://127.0.0.1:9005");
var app = builder.Build();
app.UseWebSockets();
app.Map("/rpc", async context =>
{
    using var socket = await context.WebSockets.AcceptWebSocketAsync();
    var formatter = new SystemTextJsonFormatter
    {
        JsonSerializerOptions = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            TypeInfoResolver = JsonTypeInfoResolver.Combine(RpcJson.Default, new DefaultJsonTypeInfoResolver()),
        },
    };
    using var rpc = new JsonRpc(new WebSocketMessageHandler(socket, formatter), new SayTarget());
    rpc.StartListening();
    await rpc.Completion;
});
await app.RunAsync();

namespace Peers
{
    internal sealed class SayTarget
    {
        public Said Say(Say say) => new(say.Room, say.Text);
    }

    public sealed record Say(string Room, string Text);

    public sealed record Said(string Room, string Text);

    [JsonSerializable(typeof(Say))]
    [JsonSerializable(typeof(Said))]
    [JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
    internal sealed partial class RpcJson : JsonSerializerContext;
}
