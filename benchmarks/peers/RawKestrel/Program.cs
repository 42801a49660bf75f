// The minimum cost of the default transport: a connection handler that echoes every byte, without HTTP or frames.
using System.Buffers;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.ClearProviders();
builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 9002, endpoint => endpoint.UseConnectionHandler<Peers.EchoBytes>()));
await builder.Build().RunAsync();

namespace Peers
{
    internal sealed class EchoBytes : ConnectionHandler
    {
        public override async Task OnConnectedAsync(ConnectionContext connection)
        {
            var (input, output) = (connection.Transport.Input, connection.Transport.Output);
            while (true)
            {
                var read = await input.ReadAsync();
                foreach (var segment in read.Buffer)
                {
                    output.Write(segment.Span);
                }

                input.AdvanceTo(read.Buffer.End);
                var flush = await output.FlushAsync();
                if (read.IsCompleted || flush.IsCompleted)
                {
                    return;
                }
            }
        }
    }
}
