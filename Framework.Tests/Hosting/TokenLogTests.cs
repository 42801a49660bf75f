using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Connections;

namespace UpgradeProtocols.Tests.Hosting;

/// <summary>Parts of a request that may be a token don't appear in the log, in refusals or in responses.</summary>
public class TokenLogTests
{
    [Theory]
    [InlineData("Sec-WebSocket-Protocol: rpc, bearer.SECRET")]
    [InlineData("Sec-WebSocket-Protocol: rpc, Bearer.SECRET")]
    [InlineData("Sec-WebSocket-Protocol: BEARER.SECRET")]
    [InlineData("Sec-WebSocket-Protocol: bearer.SECRET, bearer.SECRET2, rpc")]
    [InlineData("Sec-WebSocket-Protocol: bearer.SECRET, \"x")]
    [InlineData("Sec-WebSocket-Protocol: rpc;bearer.SECRET")]
    [InlineData("Sec-WebSocket-Protocol: rpc bearer.SECRET")]
    [InlineData("Sec-WebSocket-Protocol: \"x, bearer.SECRET")]
    [InlineData("Sec-WebSocket-Protocol: \"x, bearer.SECRET\"")]
    [InlineData("Sec-WebSocket-Protocol: rpc\r\nSec-WebSocket-Protocol: \"bEARER.SECRET")]
    [InlineData("Sec-WebSocket-Protocol: =bearer.SECRET")]
    [InlineData("Sec-WebSocket-Protocol: rpc, base64url.bearer.authorization.k8s.io.SECRET")]
    [InlineData("Authorization: Bearer SECRET")]
    [InlineData("Cookie: session=SECRET")]
    [InlineData("Upgrade: \"x, Bearer.SECRET")]
    public async Task Neither_a_token_nor_a_list_that_cant_be_read(string fields)
    {
        await using var server = Server();
        server.Engine.KeepRefusals();
        var client = server.Connect();

        await client.SendAsync(TestClient.Upgrade("/rooms", $"{fields}\r\n"));

        var response = await client.ResponseAsync();
        Assert.InRange(response.Status, 400, 499);
        Assert.DoesNotContain("SECRET", response.Body, StringComparison.OrdinalIgnoreCase);
        Assert.Contains(server.Logs.Entries, static entry => entry.Id == 11);
        Assert.DoesNotContain(server.Logs.Entries, static entry => entry.Message.Contains("SECRET", StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain("SECRET", Assert.Single(server.Engine.Refusals!.List()).ToString(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_list_that_can_be_read_is_logged()
    {
        await using var server = Server();
        var client = server.Connect();

        await client.SendAsync(TestClient.Upgrade("/rooms", "Sec-WebSocket-Protocol: one, two\r\nSec-WebSocket-Protocol: three\r\n"));
        await client.ResponseAsync();

        Assert.Contains(server.Logs.Entries, static entry => entry.Message.Contains("(Upgrade: websocket; subprotocols: one, two, three)", StringComparison.Ordinal));
    }

    // An application that takes no tokens from there has clients that send them.
    [Fact]
    public async Task A_token_isnt_logged_either_where_none_is_taken()
    {
        await using var server = Server(options => options.BearerToken.SubprotocolPrefix = null);
        var client = server.Connect();

        await client.SendAsync(TestClient.Upgrade("/rooms", "Sec-WebSocket-Protocol: rpc, Bearer.SECRET\r\n"));
        await client.ResponseAsync();

        Assert.Contains(server.Logs.Entries, static entry => entry.Message.Contains("subprotocols: rpc, (a token)", StringComparison.Ordinal));
        Assert.DoesNotContain(server.Logs.Entries, static entry => entry.Message.Contains("SECRET", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/?access_token=SECRET&a=1", "", "?a=1")]
    [InlineData("/?a=1&Access_Token=SECRET", "", "?a=1")]
    [InlineData("/?access%5Ftoken=SECRET", "", "")]
    [InlineData("/?access_token=&access_token=SECRET", "", "")]
    [InlineData("/", "Sec-WebSocket-Protocol: BEARER.SECRET, known\r\n", "")]
    [InlineData("/", "Authorization: bearer SECRET\r\n", "")]
    public async Task A_token_is_found_in_any_case_of_its_name(string target, string fields, string query)
    {
        UpgradeRequest? request = null;
        await using var server = Server(options =>
        {
            options.BearerToken.QueryParameter = "access_token";
            options.Authenticate = (connection, _) =>
            {
                request = connection.Request;
                return default;
            };
        });

        await server.OpenAsync(target, fields);

        Assert.Equal(("SECRET", query), (request!.BearerToken, request.QueryString));
        Assert.DoesNotContain("SECRET", request.RawTarget, StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET", request.Headers["Sec-WebSocket-Protocol"] ?? "", StringComparison.Ordinal);
    }

    private static TestServer Server(Action<UpgradeOptions>? options = null) => new(
        static builder =>
        {
            var raw = TestProtocol.Raw(new TestLife(), TestProtocol.Echo);
            builder.AddProtocol(raw);
            builder.AddProtocol(new() { Path = "/", Name = "known", HandlerType = raw.HandlerType, Dispatcher = raw.Dispatcher });
            builder.AddProtocol(new() { Path = "/rooms", Name = "room.v1", HandlerType = raw.HandlerType, Dispatcher = raw.Dispatcher });
        },
        options);
}
