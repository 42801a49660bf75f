// A central system for OCPP-J 1.6 charge points, and a simulated charge point.
//
//   dotnet run --project examples/Ocpp                                     the server, on http://localhost:5084 (--urls sets another)
//   dotnet run --project examples/Ocpp -- --simulate                       a charge point that connects to it
//   curl -u operator:operator -X POST 'http://localhost:5084/remote-start?chargePoint=cp-1&idTag=TAG-1'
//   curl -u operator:operator http://localhost:5084/charge-points
//
// Passwords come from the configuration: --ChargePoints:cp-7 secret, or the environment variable ChargePoints__cp-7=secret.
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Ocpp;

if (args.Contains("--simulate"))
{
    return await Simulator.RunAsync(args);
}

var builder = Host.CreateApplicationBuilder(args);
if (!builder.Configuration.GetSection("ChargePoints").Exists())
{
    // Defaults for a first try: a server with configured charge points doesn't get these.
    builder.Configuration.AddInMemoryCollection([new("ChargePoints:cp-1", Simulator.Password), new("Operator", "operator")]);
}

builder.Services.AddSingleton<Credentials>().AddSingleton<ChargePoints>().AddSingleton<OperatorApi>();
OperatorApi? api = null;
builder.Services.AddUpgradeProtocols()
    .Listen("http://localhost:5084")
    .MapGet("/charge-points", request => api!.List(request))
    .Map("POST", "/remote-start", (request, cancellationToken) => api!.RemoteStartAsync(request, cancellationToken));
var host = builder.Build();
api = host.Services.GetRequiredService<OperatorApi>();
await host.RunAsync();
return 0;
