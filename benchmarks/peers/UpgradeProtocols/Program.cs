// This framework: the standalone server, with --epoll=true on its own transport; --port=N puts it where others don't listen. With
// --redis=host:port over its Redis backplane.
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
