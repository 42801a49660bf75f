// This framework: the standalone server, with --epoll on its own transport; --port=N puts it where others don't listen.
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

var builder = Host.CreateApplicationBuilder(args);
builder.Logging.ClearProviders();
var protocols = builder.Services.AddUpgradeProtocols().Listen($"http://127.0.0.1:{builder.Configuration["port"] ?? (args.Contains("--epoll") ? "9010" : "9001")}");
if (args.Contains("--epoll"))
{
    protocols.UseEpoll();
}

await builder.Build().RunAsync();
