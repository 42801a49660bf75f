using System.Net;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Testing;
using UpgradeProtocols.Tests.Connections;

namespace UpgradeProtocols.Tests.Testing;

/// <summary>Tests of docs/testing.md for web applications: the factory's services in memory, and Kestrel on a free port.</summary>
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
    public async Task The_factorys_own_server_refuses_upgrades_with_an_explanation()
    {
        await using var factory = new Application();
        using var client = factory.CreateClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/who")
        {
            Headers =
            {
                { "Connection", "Upgrade" }, { "Upgrade", "websocket" }, { "Sec-WebSocket-Version", "13" }, { "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==" },
            },
        };

        using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("TestServer can't at all", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Kestrel_on_a_free_port_upgrades_mapped_protocols()
    {
        await using var factory = new Application();
        factory.UseKestrel(0);
        factory.StartServer();
        var address = factory.ClientOptions.BaseAddress;
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new UriBuilder(address) { Scheme = "ws", Path = "/who" }.Uri, TestContext.Current.CancellationToken);
        await socket.SendAsync("?"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, TestContext.Current.CancellationToken);
        var buffer = new byte[100];

        var received = await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        Assert.Equal("the application's", Encoding.UTF8.GetString(buffer, 0, received.Count));
    }

    private sealed class Application : WebApplicationFactory<WebFactoryTests>
    {
        protected override IHostBuilder CreateHostBuilder() => Host.CreateDefaultBuilder().ConfigureLogging(logging => logging.ClearProviders()).ConfigureWebHostDefaults(web => web
            .ConfigureServices(services =>
            {
                services.AddRouting();
                services.AddSingleton("the application's");
                var life = new TestLife();
                new UpgradeProtocolsBuilder(services).AddProtocol(TestProtocol.Raw(
                    life,
                    (TestHandler handler, ref Runtime.MessageCall<RawMessageFormat> call) =>
                        call.Done(handler.Connection.SendAsync(handler.Connection.Services.GetRequiredService<string>())),
                    "/who"));
            })
            .Configure(app => app.UseRouting().UseEndpoints(endpoints => endpoints.MapUpgradeProtocols())));

        protected override void ConfigureWebHost(IWebHostBuilder builder) => builder.UseContentRoot(AppContext.BaseDirectory);
    }
}
