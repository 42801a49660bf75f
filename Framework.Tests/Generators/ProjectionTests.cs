using System.Reflection;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Hosting;

namespace UpgradeProtocols.Tests.Generators;

/// <summary>A contract with projections, generated, compiled and run: each version gets its own shape of one broadcast.</summary>
public class ProjectionTests
{
    private const string Source = """
        namespace Chat;

        public sealed record Say(string From, string Text);
        public sealed record Said(string From, string Text);
        public sealed record SaidV1(string Line, int Call);

        [JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web)]
        [JsonSerializable(typeof(Say)), JsonSerializable(typeof(Said)), JsonSerializable(typeof(SaidV1))]
        public sealed partial class ChatJson : JsonSerializerContext;

        public static class Calls { public static int Count; }

        [ClientContract]
        public interface IChatEvents
        {
            [Message("said")] ValueTask SaidAsync(Said said);
            [Message("ask")] ValueTask<string> AskAsync(Said said, CancellationToken ct);

            [Projection("chat.v1")]
            static SaidV1 ToV1(Said said) => new($"{said.From}: {said.Text}", ++Calls.Count);

            [Projection("chat.v0")]
            static string ToV0(Said said) => said.Text;
        }

        [UpgradeProtocol("chat.v2", Path = "/chat", JsonContext = typeof(ChatJson), Client = typeof(IChatEvents))]
        [UpgradeProtocol("chat.v1", Path = "/chat", JsonContext = typeof(ChatJson), Client = typeof(IChatEvents), Format = typeof(FlatJsonMessageFormat))]
        [UpgradeProtocol("chat.v0", Path = "/chat", JsonContext = typeof(ChatJson), Client = typeof(IChatEvents))]
        public sealed class ChatHandler(IClients<IChatEvents> clients)
        {
            [Message("say")] public ValueTask SayAsync(Say say) => clients.All.SaidAsync(new Said(say.From, say.Text));
            [Message("turn")] public async ValueTask<string> TurnAsync(Say say, UpgradeConnection connection, CancellationToken ct) =>
                await connection.Client<IChatEvents>().AskAsync(new Said(say.From, say.Text), ct);
        }
        """;

    [Fact]
    public async Task One_broadcast_serves_versions_of_different_shapes()
    {
        await using var server = Server();
        var two = await OpenAsync(server, "chat.v2");
        var one = await OpenAsync(server, "chat.v1");
        var other = await OpenAsync(server, "chat.v1");
        var zero = await OpenAsync(server, "chat.v0");

        await two.TextAsync("""{"type":"say","data":{"from":"Ann","text":"hi"}}""");

        Assert.Equal("""{"type":"said","data":{"from":"Ann","text":"hi"}}""", await two.TextAsync());
        Assert.Equal("""{"type":"said","line":"Ann: hi","call":1}""", await one.TextAsync());
        Assert.Equal("""{"type":"said","line":"Ann: hi","call":1}""", await other.TextAsync());
        Assert.Equal("""{"type":"said","data":"hi"}""", await zero.TextAsync());
    }

    [Fact]
    public async Task A_request_has_the_shape_of_its_version_too()
    {
        await using var server = Server();
        var one = await OpenAsync(server, "chat.v1");

        await one.TextAsync("""{"type":"turn","id":"x","from":"Ann","text":"hi"}""");

        Assert.StartsWith("""{"type":"ask","id":1,"line":"Ann: hi",""", await one.TextAsync(), StringComparison.Ordinal);
        await one.TextAsync("""{"type":"reply","id":1,"data":"mine"}""");
        Assert.Equal("""{"type":"reply","id":"x","data":"mine"}""", await one.TextAsync());
    }

    // Each test has its own assembly and its own counter.
    private static TestServer Server()
    {
        using var stream = new MemoryStream();
        var result = GeneratorHost.Run(GeneratorHost.Compile([Source], "Chat" + Guid.NewGuid().ToString("N"))).AssertClean().Output.Emit(stream);
        Assert.True(result.Success, string.Join("\n", result.Diagnostics));
        var assembly = Assembly.Load(stream.ToArray());
        var module = assembly.GetCustomAttributesData().Single(attribute => attribute.AttributeType == typeof(UpgradeProtocolModuleAttribute)).ConstructorArguments[0];
        var register = ((Type)module.Value!).GetMethod("Register")!.CreateDelegate<Action<UpgradeProtocolsBuilder>>();
        return new TestServer(register);
    }

    private static async Task<TestClient> OpenAsync(TestServer server, string protocol)
    {
        var client = await server.OpenAsync("/chat", $"Sec-WebSocket-Protocol: {protocol}\r\n");

        // The server has registered the connection when it answers.
        await client.TextAsync("""{"type":"nothing","id":0}""");
        await client.TextAsync();
        return client;
    }
}
