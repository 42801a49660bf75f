// This framework's standalone server. --epoll=true selects its epoll transport, --port=N sets another port, and
// --redis=host:port enables its Redis backplane.
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

var builder = Host.CreateApplicationBuilder(args);
builder.Logging.ClearProviders();
var onEpoll = builder.Configuration.GetValue<bool>("epoll");
var protocols = builder.Services.AddUpgradeProtocols().Listen($"http://127.0.0.1:{builder.Configuration["port"] ?? (onEpoll ? "9010" : "9001")}");
if (onEpoll)
{
    protocols.UseEpoll();
}

if (builder.Configuration["redis"] is { } redis)
{
    protocols.AddRedis(redis);
}

await builder.Build().RunAsync();
