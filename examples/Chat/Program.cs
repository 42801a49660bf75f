using Chat;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

// A chat for people: open http://localhost:5080 in two tabs. Another address: --urls http://localhost:8080. On several machines, or
// in several processes, with the same rooms: --redis localhost:6379. On Linux by the transport for it: --epoll true.
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
