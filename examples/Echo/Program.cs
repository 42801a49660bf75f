using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

// A server for protocol tests: each path has one simple function. Run it with --urls http://127.0.0.1:5081.
// With --mapped, the same handlers are endpoints of an ASP.NET Core application.
if (args.Contains("--mapped"))
{
    var web = WebApplication.CreateSlimBuilder([.. args.Where(static arg => arg != "--mapped")]);
    web.Services.AddUpgradeProtocols().Configure(static options => options.Compression.MinimumSize = 0);
    var app = web.Build();
    app.MapMethods("/", ["GET", "HEAD"], static () => "hello\n");
    app.MapGet("/both", static () => "regular\n");
    app.MapUpgradeProtocols();
    await app.RunAsync();
    return;
}

var builder = Host.CreateApplicationBuilder(args);
builder.Services.AddUpgradeProtocols()
    .Listen("http://localhost:5081")
    .Configure(options => options.Compression.MinimumSize = 0)
    .MapGet("/", _ => Results.Text("hello\n"))
    .MapGet("/both", _ => Results.Text("regular\n"));
await builder.Build().RunAsync();
