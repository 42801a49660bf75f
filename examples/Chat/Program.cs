using Chat;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

// A chat: open http://localhost:5080 in two tabs. To use another address: --urls http://localhost:8080. To share the rooms between
// several machines or processes: --redis localhost:6379. To use the epoll transport on Linux: --epoll true.
var builder = Host.CreateApplicationBuilder(args);
builder.Services.AddSingleton<Rooms>();
var page = new Page();
var protocols = builder.Services.AddUpgradeProtocols()
    .Listen("http://localhost:5080")
    .MapGet("/", _ => page);
if (builder.Configuration["redis"] is { } redis)
{
    protocols.AddRedis(redis);
}

if (builder.Configuration["epoll"] is "true")
{
    protocols.UseEpoll();
}

await builder.Build().RunAsync();
