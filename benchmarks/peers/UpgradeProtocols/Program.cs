// This framework: the standalone server, with --epoll on its own transport. With --redis host:port over its Redis backplane.
using Microsoft.Extensions.Logging;

var builder = Host.CreateApplicationBuilder(args);
builder.Logging.ClearProviders();
var protocols = builder.Services.AddUpgradeProtocols().Listen($"http://127.0.0.1:{(args.Contains("--epoll") ? 9010 : 9001)}");
if (args.Contains("--epoll"))
{
    protocols.UseEpoll();
}

if (builder.Configuration["redis"] is { } redis)
{
    protocols.AddRedis(redis);
}

await builder.Build().RunAsync();
