// SignalR with both of its protocols: the client's handshake selects one. --redis host:port enables its Redis backplane.
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.SignalR;
using Peers;

var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.ClearProviders();
builder.WebHost.UseUrls(builder.Configuration["urls"] ?? "http://127.0.0.1:9004");
var signalR = builder.Services.AddSignalR(options => options.MaximumParallelInvocationsPerClient = 1)
    .AddJsonProtocol(options => options.PayloadSerializerOptions.TypeInfoResolverChain.Insert(0, HubJson.Default))
    .AddMessagePackProtocol();
if (builder.Configuration["redis"] is { } redis)
{
    signalR.AddStackExchangeRedis(redis);
}

var app = builder.Build();
app.MapHub<SayHub>("/hub");
app.MapHub<AwaitingHub>("/hub-awaiting");
await app.RunAsync();

namespace Peers
{
    internal sealed class SayHub : Hub
    {
        public Said Say(Say say) => new(say.Room, say.Text);

        [HubMethodName("Pub")]
        public Task PublishAsync(string text) => Clients.Group("all").SendAsync("Published", text);

        [HubMethodName("Join")]
        public Task JoinAsync() => Groups.AddToGroupAsync(Context.ConnectionId, "all");
    }

    internal sealed class AwaitingHub : Hub
    {
        public async Task<Said> Say(Say say)
        {
            await Task.Yield();
            return new(say.Room, say.Text);
        }
    }

    public sealed record Say(string Room, string Text);

    public sealed record Said(string Room, string Text);

    [JsonSerializable(typeof(Say))]
    [JsonSerializable(typeof(Said))]
    [JsonSerializable(typeof(string))]
    [JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web)]
    internal sealed partial class HubJson : JsonSerializerContext;
}
