// A server whose numbers of handlers and messages are set at build time.
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

var builder = Host.CreateApplicationBuilder(args);
builder.Logging.ClearProviders();
builder.Services.AddUpgradeProtocols().Listen($"http://127.0.0.1:{builder.Configuration["port"]}");
await builder.Build().RunAsync();
