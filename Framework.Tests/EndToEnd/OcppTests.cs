using System.Net;
using System.Text.Json.Nodes;

namespace UpgradeProtocols.Tests.EndToEnd;

/// <summary>examples/Ocpp: its server, with its simulated charge point and with one that a test speaks for.</summary>
public class OcppTests(OcppTests.OcppServer fixture) : IClassFixture<OcppTests.OcppServer>
{
    [Fact]
    public Task The_simulated_charge_point_charges_when_the_operator_asks_it_to() =>
        OcppConversation.ChargeAsync(fixture.Server, Programs.Example("Ocpp"), "cp-1", "one");

    [Fact]
    public async Task A_charge_point_boots_and_reports()
    {
        await using var point = await ConnectAsync("cp-2", "two");
        Assert.Equal("ocpp1.6", point.Subprotocol);
        var boot = await point.AskAsync("""[2,"b","BootNotification",{"chargePointVendor":"V","chargePointModel":"M","imsi":"ignored"}]""");
        Assert.Equal((3, "b", "Accepted", 300), ((int)boot[0]!, (string)boot[1]!, (string)boot[2]!["status"]!, (int)boot[2]!["interval"]!));
        Assert.True(DateTimeOffset.TryParse((string)boot[2]!["currentTime"]!, out _));
        Assert.Equal((3, "h"), ((int)(await point.AskAsync("""[2,"h","Heartbeat",{}]"""))[0]!, "h"));
        Assert.Equal(
            """[3,"s",{}]""",
            (await point.AskAsync("""[2,"s","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Available"}]""")).ToJsonString());
        Assert.Equal("""[3,"a",{"idTagInfo":{"status":"Blocked"}}]""", (await point.AskAsync("""[2,"a","Authorize",{"idTag":"BLOCKED"}]""")).ToJsonString());
        var start = await point.AskAsync("""[2,"t","StartTransaction",{"connectorId":1,"idTag":"TAG","meterStart":5,"timestamp":"2026-01-01T00:00:00Z"}]""");
        var transaction = (int)start[2]!["transactionId"]!;
        Assert.Equal(
            """[3,"m",{}]""",
            (await point.AskAsync($$$"""[2,"m","MeterValues",{"connectorId":1,"transactionId":{{{transaction}}},"meterValue":[{"timestamp":"2026-01-01T00:00:01Z","sampledValue":[{"value":"7"}]}]}]""")).ToJsonString());
        Assert.Equal(
            """[3,"e",{}]""",
            (await point.AskAsync($$$"""[2,"e","StopTransaction",{"transactionId":{{{transaction}}},"meterStop":9,"timestamp":"2026-01-01T00:00:02Z"}]""")).ToJsonString());

        var view = await OcppConversation.ViewAsync(fixture.Server, "cp-2");
        Assert.Equal(
            $$$"""{"id":"cp-2","isConnected":true,"model":"V M","connectors":{"1":"Available"},"transactions":[{"id":{{{transaction}}},"idTag":"TAG","meterStart":5,"meterStop":9,"lastValue":"7 Wh"}]}""",
            view.ToJsonString());
    }

    [Theory]
    [InlineData("""[2,"1","Reset",{"type":"Hard"}]""", "NotImplemented")]
    [InlineData("""[2,"1","BootNotification",{"chargePointVendor":"V"}]""", "FormationViolation")]
    [InlineData("""[2,"1","BootNotification",{"chargePointVendor":"V","chargePointModel":null}]""", "FormationViolation")]
    [InlineData("""[2,"1","StatusNotification",{"connectorId":1,"errorCode":"NoError","status":"Asleep"}]""", "FormationViolation")]
    [InlineData("""[2,"1","StatusNotification",{"connectorId":"1","errorCode":"NoError","status":"Available"}]""", "FormationViolation")]
    [InlineData("""[2,"1","StatusNotification",{"connectorId":-1,"errorCode":"NoError","status":"Available"}]""", "PropertyConstraintViolation")]
    [InlineData("""[2,"1","Authorize",{"idTag":"123456789012345678901"}]""", "PropertyConstraintViolation")]
    [InlineData("""[2,"1","Authorize"]""", "FormationViolation")]
    public async Task A_bad_call_is_answered_by_an_error_and_the_connection_goes_on(string call, string code)
    {
        await using var point = await ConnectAsync(fixture.NewId(), "many");
        var answer = await point.AskAsync(call);
        Assert.Equal((4, "1", code), ((int)answer[0]!, (string)answer[1]!, (string)answer[2]!));
        Assert.Equal(3, (int)(await point.AskAsync("""[2,"2","Heartbeat",{}]"""))[0]!);
    }

    [Fact]
    public async Task Calls_to_a_charge_point_go_out_one_after_another()
    {
        await using var point = await ConnectAsync("cp-3", "three");
        var first = OcppConversation.RemoteStartAsync(fixture.Server, "cp-3");
        var call = await point.ReceiveAsync();
        Assert.Equal("""[2,"1","RemoteStartTransaction",{"idTag":"TAG-1"}]""", call.ToJsonString());
        var second = OcppConversation.RemoteStartAsync(fixture.Server, "cp-3");

        // An answer to a call of its own comes in between, and no second call before the first is answered.
        Assert.Equal(3, (int)(await point.AskAsync("""[2,"1","Heartbeat",{}]"""))[0]!);
        await point.SendAsync("""[3,"1",{"status":"Rejected"}]""");
        Assert.Equal((HttpStatusCode.OK, """{"status":"Rejected"}"""), await first);
        Assert.Equal("2", (string?)(await point.ReceiveAsync())[1]);
        await point.SendAsync("""[4,"2","InternalError","broken",{}]""");
        var (status, body) = await second;
        Assert.Equal(HttpStatusCode.BadGateway, status);
        Assert.Contains("InternalError broken", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_newer_connection_takes_the_place_of_the_old()
    {
        await using var old = await ConnectAsync("cp-4", "four");
        await old.AskAsync("""[2,"1","Heartbeat",{}]""");
        await using var newer = await ConnectAsync("cp-4", "four");
        await newer.AskAsync("""[2,"1","Heartbeat",{}]""");

        // The old one hasn't answered its Close yet, and the charge point is asked on the new one.
        var asked = OcppConversation.RemoteStartAsync(fixture.Server, "cp-4");
        Assert.Equal("RemoteStartTransaction", (string?)(await newer.ReceiveAsync())[2]);
        await newer.SendAsync("""[3,"1",{"status":"Accepted"}]""");
        Assert.Equal(HttpStatusCode.OK, (await asked).Status);
        await old.ExpectCloseAsync(4000);
        Assert.True((bool)(await OcppConversation.ViewAsync(fixture.Server, "cp-4"))["isConnected"]!);
    }

    [Theory]
    [InlineData("cp-1", "cp-1", "wrong")]
    [InlineData("cp-1", "cp-1", "")]
    [InlineData("cp-1", "cp-2", "two")]
    [InlineData("cp-99", "cp-99", "one")]
    [InlineData("CP-1", "CP-1", "one")]
    [InlineData("cp-1", null, "")]
    public async Task A_wrong_password_is_refused_with_a_challenge(string id, string? user, string password)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(fixture.Server.Address, $"/ocpp/{id}"));
        request.Headers.Connection.Add("Upgrade");
        request.Headers.Upgrade.Add(new("websocket"));
        request.Headers.Add("Sec-WebSocket-Version", "13");
        request.Headers.Add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
        request.Headers.Add("Sec-WebSocket-Protocol", "ocpp1.6");
        if (user is not null)
        {
            request.Headers.Add("Authorization", ChargePointClient.Basic(user, password));
        }

        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal("Basic realm=\"ocpp\", charset=\"UTF-8\"", Assert.Single(response.Headers.WwwAuthenticate).ToString());
    }

    [Fact]
    [Trait("rule", "S5")]
    public async Task Another_version_is_accepted_without_a_subprotocol_and_closed_with_1002()
    {
        using var client = new RawWebSocket(fixture.Server.Port);
        var head = await client.OpenAsync("/ocpp/cp-1", "ocpp2.0.1");
        Assert.StartsWith("HTTP/1.1 101 ", head, StringComparison.Ordinal);
        Assert.DoesNotContain("Sec-WebSocket-Protocol", head, StringComparison.OrdinalIgnoreCase);
        var (first, payload) = await client.ReceiveFrameAsync();
        Assert.Equal((0x88, 1002), (first, (payload[0] << 8) | payload[1]));
    }

    [Theory]
    [InlineData("remote-start?chargePoint=nobody&idTag=T", HttpStatusCode.NotFound)]
    [InlineData("remote-start?chargePoint=cp-1", HttpStatusCode.BadRequest)]
    [InlineData("remote-start?idTag=T", HttpStatusCode.BadRequest)]
    [InlineData("remote-start?chargePoint=cp-1&idTag=T&connector=0", HttpStatusCode.BadRequest)]
    [InlineData("remote-start?chargePoint=cp-1&idTag=T&connector=x", HttpStatusCode.BadRequest)]
    public async Task An_invalid_option_of_the_operator_is_reported(string request, HttpStatusCode status)
    {
        using var http = OcppConversation.Operator(fixture.Server);
        Assert.Equal(status, (await http.PostAsync(new Uri(request, UriKind.Relative), null, TestContext.Current.CancellationToken)).StatusCode);
        http.DefaultRequestHeaders.Remove("Authorization");
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.PostAsync(new Uri(request, UriKind.Relative), null, TestContext.Current.CancellationToken)).StatusCode);
    }

    [Fact]
    public async Task The_simulator_says_when_it_is_not_let_in()
    {
        await using var simulator = OcppConversation.StartSimulator(fixture.Server, Programs.Example("Ocpp"), "cp-1", "wrong");
        Assert.Contains("401", await simulator.LineAsync("The connection failed"), StringComparison.Ordinal);
        Assert.Equal(1, await simulator.ExitCodeAsync());
    }

    private Task<ChargePointClient> ConnectAsync(string id, string password) => ChargePointClient.ConnectAsync(fixture.Server, id, password);

    public sealed class OcppServer : IAsyncLifetime
    {
        private int _last;

        internal ExampleServer Server { get; private set; } = null!;

        internal string NewId() => $"many-{Interlocked.Increment(ref _last)}";

        public async ValueTask InitializeAsync() => Server = await ExampleServer.StartAsync("Ocpp", port: 0, OcppConversation.Passwords(20));

        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }
}

/// <summary>The actions of the server's operator, and a whole conversation that the native program must support too.</summary>
internal static class OcppConversation
{
    public static string[] Passwords(int many) =>
    [
        "--Operator", "op", "--ChargePoints:cp-1", "one", "--ChargePoints:cp-2", "two", "--ChargePoints:cp-3", "three", "--ChargePoints:cp-4", "four",
        .. Enumerable.Range(1, many).SelectMany(number => new[] { $"--ChargePoints:many-{number}", "many" }),
    ];

    public static HttpClient Operator(ExampleServer server)
    {
        var http = new HttpClient { BaseAddress = server.Address };
        http.DefaultRequestHeaders.Add("Authorization", ChargePointClient.Basic("operator", "op"));
        return http;
    }

    public static async Task<(HttpStatusCode Status, string Body)> RemoteStartAsync(ExampleServer server, string id)
    {
        using var http = Operator(server);
        using var response = await http.PostAsync(new Uri($"remote-start?chargePoint={id}&idTag=TAG-1", UriKind.Relative), null).WaitAsync(Patience.Limit);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    public static async Task<JsonNode> ViewAsync(ExampleServer server, string id)
    {
        using var http = Operator(server);
        var all = JsonNode.Parse(await http.GetStringAsync(new Uri("charge-points", UriKind.Relative)).WaitAsync(Patience.Limit))!.AsArray();
        return all.Single(point => (string?)point!["id"] == id)!;
    }

    public static ConsoleProgram StartSimulator(ExampleServer server, string program, string id, string password) => new(
        Programs.Start(program, "--simulate", "--server", $"ws://127.0.0.1:{server.Port}/ocpp", "--id", id, "--password", password, "--meter", "0.01"));

    public static async Task ChargeAsync(ExampleServer server, string program, string id, string password)
    {
        await using var simulator = StartSimulator(server, program, id, password);
        await simulator.LineAsync("Booted: Accepted");
        Assert.Equal((HttpStatusCode.OK, """{"status":"Accepted"}"""), await RemoteStartAsync(server, id));
        await simulator.LineAsync("for TAG-1 ended at 1150 Wh");
        var view = await ViewAsync(server, id);
        Assert.Equal("Available", (string?)view["connectors"]!["1"]);
        var transaction = Assert.Single(view["transactions"]!.AsArray())!;
        Assert.Equal((1000, 1150, "1150 Wh"), ((int)transaction["meterStart"]!, (int)transaction["meterStop"]!, (string?)transaction["lastValue"]));
    }
}
