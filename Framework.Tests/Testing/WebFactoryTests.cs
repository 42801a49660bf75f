using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using UpgradeProtocols.Testing;
using UpgradeProtocols.Tests.Connections;

namespace UpgradeProtocols.Tests.Testing;

/// <summary>What docs/testing.md says about web applications: their factory's services in memory, and its Kestrel on a free port.</summary>
public class WebFactoryTests
{
    [Fact]
    public async Task The_factorys_services_are_served_in_memory_with_its_replacements()
    {
        await using var factory = new Application();
        await using var replaced = factory.WithWebHostBuilder(builder => builder.ConfigureTestServices(services => services.AddSingleton("the test's")));
        await using var server = new UpgradeTestServer(replaced.Services);
        var client = await server.ConnectAsync("/who");

        await client.SendAsync("", "?");

        Assert.Equal("the test's", await client.ReceiveAsync<string>(""));
    }

    [Fact]
    public async Task The_factorys_own_server_cannot_upgrade_and_Kestrel_on_a_free_port_can()
    {
        await using var inMemory = new Application();
        using var client = inMemory.CreateClient();
        Assert.Equal("can't upgrade", await client.GetStringAsync("/", TestContext.Current.CancellationToken));

        await using var factory = new Application();
        factory.UseKestrel(0);
        factory.StartServer();
        var address = factory.ClientOptions.BaseAddress;
        using var socket = new TcpClient();
        await socket.ConnectAsync("127.0.0.1", address.Port, TestContext.Current.CancellationToken);
        await using var stream = socket.GetStream();
        await stream.WriteAsync("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: greeting/1\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream);

        var answer = await reader.ReadToEndAsync(TestContext.Current.CancellationToken).WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);

        Assert.StartsWith("HTTP/1.1 101 ", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\nupgraded", answer, StringComparison.Ordinal);
    }

    private sealed class Application : WebApplicationFactory<WebFactoryTests>
    {
        protected override IHostBuilder CreateHostBuilder() => Host.CreateDefaultBuilder().ConfigureLogging(logging => logging.ClearProviders()).ConfigureWebHostDefaults(web => web
            .ConfigureServices(services =>
            {
                services.AddSingleton("the application's");
                var life = new TestLife();
                new UpgradeProtocolsBuilder(services).AddProtocol(TestProtocol.Raw(
                    life,
                    (TestHandler handler, ref Runtime.MessageCall<RawMessageFormat> call) =>
                        call.Done(handler.Connection.SendAsync(handler.Connection.Services.GetRequiredService<string>())),
                    "/who"));
            })
            .Configure(app => app.Run(AnswerAsync)));

        protected override void ConfigureWebHost(IWebHostBuilder builder) => builder.UseContentRoot(AppContext.BaseDirectory);

        private static async Task AnswerAsync(HttpContext context)
        {
            if (context.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true } upgrade)
            {
                await context.Response.WriteAsync("can't upgrade");
                return;
            }

            context.Response.Headers.Upgrade = "greeting/1";
            await using var stream = await upgrade.UpgradeAsync();
            await stream.WriteAsync(Encoding.ASCII.GetBytes("upgraded"));
        }
    }
}
