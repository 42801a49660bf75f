using System.Text;
using Microsoft.Extensions.DependencyInjection;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Testing;
using UpgradeProtocols.Tests.Connections;
using UpgradeProtocols.Tests.Hosting;
using UpgradeProtocols.Tests.Transport;

namespace UpgradeProtocols.Tests.Diagnostics;

/// <summary>The metrics that an operator sees.</summary>
public class MetricsTests
{
    private readonly TestLife _life = new();

    [Fact]
    public async Task A_connection_is_counted_while_it_is_open_and_its_life_is_timed()
    {
        await using var server = Server();
        using var probe = new MeterProbe(server.Services);
        var client = await OpenAsync(server);
        var handler = await _life.NextAsync();

        Assert.Equal(1, probe.Sum("upgrade.server.active_connections"));
        Assert.Equal(1, probe.Sum("upgrade.server.upgrades", ("upgrade.protocol", "chat.v1"), ("http.route", "/rooms/{room}"), ("network.protocol.name", "websocket")));
        server.Time.Advance(TimeSpan.FromSeconds(15));
        await client.CloseAsync(4321);
        await handler.Disposed;
        await server.EndedAsync();

        Assert.Equal(0, probe.Sum("upgrade.server.active_connections"));
        var duration = Assert.Single(probe.Of("upgrade.server.connection.duration"));
        Assert.Equal((15.0, "4xxx", "peer"), (duration.Value, duration.Tags["upgrade.close.code"], duration.Tags["upgrade.close.initiator"]));
    }

    [Fact]
    public async Task A_listener_that_starts_while_a_connection_is_open_sees_no_negative_count()
    {
        await using var server = Server();
        var client = await OpenAsync(server);
        await _life.NextAsync();
        using var probe = new MeterProbe(server.Services);

        await client.CloseAsync();
        await server.EndedAsync();

        Assert.Empty(probe.Of("upgrade.server.active_connections"));
        Assert.Single(probe.Of("upgrade.server.connection.duration"));
    }

    [Fact]
    public async Task The_way_to_other_nodes_is_measured()
    {
        var network = new InProcessNetwork();
        await using var one = await Backplane.TestNode.StartAsync(_ => network.Connect(), options => options.BufferBytes = 1000);
        await using var two = await Backplane.TestNode.StartAsync(_ => network.Connect());
        using var probe = new MeterProbe(one.Server.Services);
        await Eventually.TrueAsync(() => one.Status.OtherNodes == 1, "the other node has been heard");
        probe.Observe();
        Assert.Equal((1, 1), (probe.Sum("upgrade.backplane.connected"), probe.Sum("upgrade.backplane.nodes")));
        Assert.Equal(one.Status.Published, probe.Sum("upgrade.backplane.published"));
        Assert.InRange(probe.Sum("upgrade.backplane.received"), 1, one.Status.Received);

        network.IsCut = true;
        await one.Clients.Group("room").SaidAsync("kept");
        await one.Clients.Group("room").SaidAsync(new string('x', 1000));
        using var away = new MeterProbe(one.Server.Services);
        away.Observe();
        Assert.Equal((0, 1, 0), (away.Sum("upgrade.backplane.connected"), away.Sum("upgrade.backplane.refused"), away.Sum("upgrade.backplane.lost")));
        Assert.Equal(one.Status.BufferedBytes, away.Sum("upgrade.backplane.backlog", ("network.io.direction", "transmit")));

        one.Pass(TimeSpan.FromSeconds(11));
        using var later = new MeterProbe(one.Server.Services);
        later.Observe();
        Assert.Equal((1, 0), (later.Sum("upgrade.backplane.lost", ("network.io.direction", "transmit")), later.Sum("upgrade.backplane.lost", ("network.io.direction", "receive"))));
    }

    [Fact]
    public async Task Messages_and_their_bytes_are_counted_both_ways()
    {
        await using var server = Server();
        using var probe = new MeterProbe(server.Services);
        var client = await OpenAsync(server);
        const string Request = """{"type":"double","id":1,"data":21}""";

        await client.TextAsync(Request);
        var reply = await client.TextAsync();

        Assert.Equal(1, probe.Sum("upgrade.server.messages", ("network.io.direction", "receive")));
        Assert.Equal(Request.Length, probe.Sum("upgrade.server.message.io", ("network.io.direction", "receive")));
        Assert.Equal(1, probe.Sum("upgrade.server.messages", ("network.io.direction", "transmit")));
        Assert.Equal(reply.Length, probe.Sum("upgrade.server.message.io", ("network.io.direction", "transmit")));
    }

    [Theory]
    [InlineData("double", null)]
    [InlineData("later", null)]
    [InlineData("count", null)]
    [InlineData("fails", "System.FormatException")]
    [InlineData("fails-later", "System.FormatException")]
    public async Task A_handlers_time_is_measured_by_the_messages_declared_name(string name, string? failure)
    {
        await using var server = Server();
        using var probe = new MeterProbe(server.Services);
        var client = await OpenAsync(server);

        await client.TextAsync($$"""{"type":"{{name}}","id":1,"data":1}""");

        await Eventually.TrueAsync(() => probe.Of("upgrade.server.handler.duration").Any(), "the handler is timed");
        var measured = Assert.Single(probe.Of("upgrade.server.handler.duration"));
        Assert.Equal((name, failure), (measured.Tags["upgrade.message"], measured.Tags.GetValueOrDefault("error.type")));
    }

    [Fact]
    public async Task A_handlers_time_goes_on_while_its_task_does()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _later = release.Task;
        await using var server = Server();
        using var probe = new MeterProbe(server.Services);
        var client = await OpenAsync(server);

        await client.TextAsync("""{"type":"later","id":1,"data":1}""");
        await Eventually.TrueAsync(() => _isLater, "the method waits");
        server.Time.Advance(TimeSpan.FromSeconds(3));
        release.SetResult();
        await client.TextAsync();

        await Eventually.TrueAsync(() => probe.Of("upgrade.server.handler.duration").Any(), "the handler is timed");
        Assert.Equal(3.0, Assert.Single(probe.Of("upgrade.server.handler.duration")).Value);
    }

    [Fact]
    public async Task Names_that_a_peer_makes_up_are_one_tag()
    {
        await using var server = Server();
        using var probe = new MeterProbe(server.Services);
        var client = await OpenAsync(server);

        for (var i = 0; i < 300; i++)
        {
            await client.TextAsync($$"""{"type":"made-up-{{i}}","id":1}""");
            await client.TextAsync();
        }

        Assert.Equal("_OTHER", Assert.Single(probe.Of("upgrade.server.handler.duration").Select(measured => measured.Tags["upgrade.message"]).Distinct()));
        Assert.Equal(300, probe.Sum("upgrade.server.protocol_errors", ("error.type", "unknown_message")));
    }

    [Fact]
    public async Task Names_that_a_catch_all_takes_have_an_end()
    {
        await using var server = new TestServer(builder => builder.AddProtocol(TestProtocol.Json(
            _life, (TestHandler _, ref MessageCall<JsonMessageFormat> call) => call.Done())));
        using var probe = new MeterProbe(server.Services);
        var client = await server.OpenAsync();

        for (var i = 0; i < 300; i++)
        {
            await client.TextAsync($$"""{"type":"made-up-{{i}}","id":1}""");
            await client.TextAsync();
        }

        Assert.InRange(probe.Of("upgrade.server.handler.duration").Select(measured => measured.Tags["upgrade.message"]).Distinct().Count(), 2, 200);
    }

    [Theory]
    [InlineData("GET /nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n", 404, "not_found")]
    [InlineData("GET /rooms/1 HTTP/1.1\r\nHost: localhost\r\n\r\n", 426, "upgrade_required")]
    [InlineData("GET / HTTP/1.1\r\n\r\n", 400, "malformed_request")]
    [InlineData("asked:chat.v9", 400, "subprotocol")]
    [InlineData("asked:chat.v1\r\nOrigin: https://evil.example", 403, "origin")]
    [InlineData("asked:chat.v1\r\nSec-WebSocket-Extensions: =", 400, "extensions")]
    [InlineData("refused", 401, "application")]
    public async Task A_refusal_is_counted_with_its_reason(string request, int status, string reason)
    {
        if (request == "refused")
        {
            _life.Upgrading = _ => new(UpgradeResult.Refuse(401, "Who are you?"));
            request = "asked:chat.v1";
        }

        await using var server = Server();
        using var probe = new MeterProbe(server.Services);
        var client = server.Connect();

        await client.SendAsync(request.StartsWith("asked:", StringComparison.Ordinal)
            ? TestClient.Upgrade("/rooms/1", $"Sec-WebSocket-Protocol: {request[6..]}\r\n")
            : request);

        Assert.Equal(status, (await client.ResponseAsync()).Status);
        var refusal = Assert.Single(probe.Of("upgrade.server.refusals"));
        Assert.Equal((status, reason), (refusal.Tags["http.response.status_code"], refusal.Tags["upgrade.refusal.reason"]));
        Assert.Empty(probe.Of("upgrade.server.upgrades"));
    }

    [Theory]
    [InlineData(SlowConsumerPolicy.Wait, "wait")]
    [InlineData(SlowConsumerPolicy.DropOldest, "drop_oldest")]
    [InlineData(SlowConsumerPolicy.DropNewest, "drop_newest")]
    [InlineData(SlowConsumerPolicy.Close, "close")]
    public async Task A_slow_consumer_shows_in_the_queue_and_by_what_was_done(SlowConsumerPolicy policy, string action)
    {
        await using var server = new TestServer(
            builder => builder.AddProtocol(TestProtocol.Raw(_life, TestProtocol.Echo, policy: policy)),
            options => options.MaxOutboundBytes = 1000);
        using var probe = new MeterProbe(server.Services);
        await server.OpenAsync(holdUpAt: 100);
        var connection = (await _life.NextAsync()).Connection;

        // The first is with the transport, the second waits, the third finds the queue full.
        for (var i = 0; i < 3; i++)
        {
            _ = connection.SendAsync(new string('x', 800)).AsTask();
            probe.Observe();
        }

        Assert.Equal([0, 800], probe.Of("upgrade.server.outbound.queue").Select(measured => (int)measured.Value).Take(2));
        Assert.Equal(1, probe.Sum("upgrade.server.slow_consumer.actions", ("upgrade.slow_consumer.action", action)));
    }

    [Theory]
    [InlineData("""{"type":"double","id":1,"data":"x"}""", "invalid_payload")]
    [InlineData("""{"type":7}""", "invalid_message")]
    public async Task Bad_messages_are_counted(string message, string type)
    {
        await using var server = Server();
        using var probe = new MeterProbe(server.Services);
        var client = await OpenAsync(server);

        await client.TextAsync(message);
        await client.TextAsync();

        Assert.Equal(1, probe.Sum("upgrade.server.protocol_errors", ("error.type", type)));
    }

    [Fact]
    public async Task A_broken_protocol_is_counted_by_its_close_code()
    {
        await using var server = Server();
        using var probe = new MeterProbe(server.Services);
        var client = await OpenAsync(server);

        await client.FrameAsync(3, Array.Empty<byte>());

        Assert.Equal(1002, (await client.UntilCloseAsync()).Code);
        Assert.Equal(1, probe.Sum("upgrade.server.protocol_errors", ("error.type", "1002")));
    }

    // docs/operations.md has a row for each: a change here is a change of dashboards.
    [Fact]
    public async Task Instruments_have_stable_names_and_units_and_the_page_tells_of_each()
    {
        await using var server = Server();
        _ = server.Hub;
        using var probe = new MeterProbe(server.Services);

        Assert.Equal(
            [
                "upgrade.server.active_connections {connection}",
                "upgrade.server.connection.duration s",
                "upgrade.server.handler.duration s",
                "upgrade.server.message.io By",
                "upgrade.server.messages {message}",
                "upgrade.server.outbound.queue By",
                "upgrade.server.protocol_errors {error}",
                "upgrade.server.refusals {refusal}",
                "upgrade.server.slow_consumer.actions {action}",
                "upgrade.server.upgrades {upgrade}",
            ],
            probe.Instruments.Values.Select(instrument => $"{instrument.Name} {instrument.Unit}").Order(StringComparer.Ordinal));
        var page = await File.ReadAllTextAsync(Path.Combine(Folder, "..", "docs", "operations.md"), TestContext.Current.CancellationToken);
        Assert.All(probe.Instruments.Keys, name => Assert.Contains($"`{name}`", page, StringComparison.Ordinal));
    }

    private static string Folder => typeof(MetricsTests).Assembly
        .GetCustomAttributes(typeof(System.Reflection.AssemblyMetadataAttribute), false)
        .Cast<System.Reflection.AssemblyMetadataAttribute>()
        .Single(metadata => metadata.Key == "Tests.Folder").Value!;

    private Task _later = Task.CompletedTask;
    private volatile bool _isLater;

    private TestServer Server() => new(builder => builder.AddProtocol(TestProtocol.Json(_life, Dispatch, "/rooms/{room}", "chat.v1")));

    private static Task<TestClient> OpenAsync(TestServer server) => server.OpenAsync("/rooms/1", "Sec-WebSocket-Protocol: chat.v1\r\n");

    private ValueTask Dispatch(TestHandler handler, ref MessageCall<JsonMessageFormat> call)
    {
        switch (Encoding.UTF8.GetString(call.Name))
        {
            case "double":
                return call.TryRead(TestProtocol.Numbers, out var number) ? call.Reply(2 * number, TestProtocol.Numbers) : default;
            case "later":
                return call.Done(LaterAsync());
            case "count":
                return call.TryOpenStream(out var stream) ? call.Stream(CountAsync(), stream, TestProtocol.Numbers) : default;
            case "fails":
                throw new FormatException();
            case "fails-later":
                return call.Done(FailLaterAsync());
            default:
                return call.Unknown();
        }
    }

    private async Task LaterAsync()
    {
        _isLater = true;
        await _later;
        await Task.Yield();
    }

    private static async Task FailLaterAsync()
    {
        await Task.Yield();
        throw new FormatException();
    }

    private static async IAsyncEnumerable<int> CountAsync()
    {
        await Task.Yield();
        yield return 1;
    }
}
