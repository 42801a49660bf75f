using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

// Sensors send readings in MessagePack and receive the mean:   dotnet run --project examples/MessagePackCodec
//
// On the wire, after a handshake for the subprotocol sensors.v1 on ws://localhost:5085/sensors, in binary frames:
//   → ["kitchen", 20.0]      92 a7 6b 69 74 63 68 65 6e cb 40 34 00 00 00 00 00 00
//   ← ["kitchen", 1, 20.0]   93 a7 6b 69 74 63 68 65 6e 01 cb 40 34 00 00 00 00 00 00
var builder = Host.CreateApplicationBuilder(args);
builder.Services.AddUpgradeProtocols().Listen("http://localhost:5085");
await builder.Build().RunAsync();
