// This framework: the standalone server.
using Microsoft.Extensions.Logging;

var builder = Host.CreateApplicationBuilder(args);
builder.Logging.ClearProviders();
builder.Services.AddUpgradeProtocols().Listen("http://127.0.0.1:9001");
await builder.Build().RunAsync();
