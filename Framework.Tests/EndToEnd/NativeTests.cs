namespace UpgradeProtocols.Tests.EndToEnd;

/// <summary>Chat and Ocpp as <c>./test</c> publishes them: native programs, without the runtime's compiler.</summary>
public class NativeTests
{
    [Fact]
    public async Task The_native_Ocpp_serves_and_simulates_a_charge_point()
    {
        var program = Environment.GetEnvironmentVariable("NATIVE_OCPP");
        Assert.SkipWhen(string.IsNullOrEmpty(program), "There is no native program: ./test publishes it, where it finds clang or gcc.");
        await using var server = await ExampleServer.StartProgramAsync(program!, port: 0, OcppConversation.Passwords(0));
        await OcppConversation.ChargeAsync(server, program!, "cp-1", "one");
        await using var point = await ChargePointClient.ConnectAsync(server, "cp-2", "two");
        Assert.Equal("FormationViolation", (string?)(await point.AskAsync("""[2,"1","Authorize",{}]"""))[2]);
        Assert.Equal("NotImplemented", (string?)(await point.AskAsync("""[2,"1","Reset",{}]"""))[2]);
        await server.InterruptAsync();
        await point.ExpectCloseAsync(1001);
        Assert.Equal(0, await server.ExitCodeAsync());
    }

    [Theory]
    [InlineData()]
    [InlineData("--epoll", "true")]
    public async Task The_native_chat_serves_the_page_and_both_versions(params string[] arguments)
    {
        var program = Environment.GetEnvironmentVariable("NATIVE_CHAT");
        Assert.SkipWhen(string.IsNullOrEmpty(program), "There is no native program: ./test publishes it, where it finds clang or gcc.");
        await using var server = await ExampleServer.StartProgramAsync(program!, port: 0, arguments);
        using var http = new HttpClient { BaseAddress = server.Address };
        Assert.Contains("<title>Chat</title>", await http.GetStringAsync("/", TestContext.Current.CancellationToken), StringComparison.Ordinal);

        await using var two = await ChatClient.ConnectAsync(server, "chat.v2");
        await two.SendAsync("""{"type":"join","id":1,"data":{"room":"lobby","name":"Ann"}}""");
        await two.ExpectAsync("""{"type":"reply","id":1,"data":{"room":"lobby","members":["Ann"]}}""");
        await using var one = await ChatClient.ConnectAsync(server, "chat.v1");
        await two.ExpectAsync("""{"type":"joined","data":{"room":"lobby","name":"guest-1"}}""");
        await one.SendAsync("""{"type":"say","text":"hi"}""");
        await one.ExpectAsync("""{"type":"said","name":"guest-1","text":"hi"}""");
        await two.ExpectAsync("""{"type":"said","data":{"room":"lobby","name":"guest-1","text":"hi"}}""");
        await two.SendAsync("""{"type":"history","id":2,"data":{"room":"lobby","count":5}}""");
        await two.ExpectAsync("""{"type":"next","id":2,"data":{"room":"lobby","name":"guest-1","text":"hi"}}""");
        await two.ExpectAsync("""{"type":"complete","id":2}""");
        await two.SendAsync("""{"type":"join","id":3,"data":{"room":"a"}}""");
        await two.ExpectErrorAsync(3, "invalid_payload");

        await server.InterruptAsync();
        foreach (var client in (ChatClient[])[two, one])
        {
            await client.ExpectCloseAsync(System.Net.WebSockets.WebSocketCloseStatus.EndpointUnavailable);
            await client.AnswerCloseAsync();
        }

        Assert.Equal(0, await server.ExitCodeAsync());
    }
}
