using UpgradeProtocols.Tests.Generators;
using UpgradeProtocols.Tests.Hosting;

namespace UpgradeProtocols.Tests.Messages;

/// <summary>Binary messages that start with their tag.</summary>
public class ByteTagTests
{
    private const string Handler = """
        public readonly record struct Size(int Width, int Height);

        [UpgradeProtocol(Path = "/", Format = typeof(ByteTagMessageFormat), JsonContext = typeof(TagJson), Client = typeof(IEvents))]
        public sealed class Handler
        {
            [Message(0)] public ReadOnlyMemory<byte> Bytes(ReadOnlySpan<byte> bytes) => bytes.ToArray();
            [Message(1, ReplyTag = 255)] public string Text(string text) => text.ToUpperInvariant();
            [Message(2, ReplyTag = 3)] public async Task<Size> TurnAsync(Size size) { await Task.Yield(); return new(size.Height, size.Width); }
            [Message(4)] public void Nothing() { }
            [Message(5)] public async Task<byte[]> LateAsync(byte[] bytes) { await Task.Yield(); return bytes; }
            [Message(6)] public ValueTask PushAsync(UpgradeConnection connection) => connection.Client<IEvents>().SizedAsync(new(1, 2));
            [Message(7)] public ValueTask TextPushAsync(UpgradeConnection connection) => connection.Client<IEvents>().SaidAsync("hi");
            [Message(8)] public int Refuse() => throw new MessageException("no", "No.");
            [Message(9)] public int Fail() => throw new InvalidOperationException("secret");
            [Message(10, ReplyTag = 11)] public void Acknowledged() { }
            [Message(12, ReplyTag = 13)] public async Task AcknowledgedLateAsync() => await Task.Yield();
            // CatchAll
        }

        [ClientContract]
        public interface IEvents
        {
            [Message(200)] ValueTask SizedAsync(Size size);
            [Message(201)] ValueTask SaidAsync(string text);
        }

        [JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
        [JsonSerializable(typeof(Size)), JsonSerializable(typeof(int))]
        public sealed partial class TagJson : JsonSerializerContext;
        """;

    [Theory]
    [InlineData("00", "00")]
    [InlineData("00FF8000", "00FF8000")]
    [InlineData("01" + "6162", "FF" + "4142")]
    [InlineData("02" + "7B227769647468223A317D", "03" + "7B227769647468223A302C22686569676874223A317D")]
    [InlineData("02", "03" + "7B227769647468223A302C22686569676874223A307D")]
    [InlineData("0501FF", "0501FF")]
    [InlineData("06", "C8" + "7B227769647468223A312C22686569676874223A327D")]
    [InlineData("07", "C9" + "6869")]
    [InlineData("0A", "0B")]
    [InlineData("0C", "0D")]
    public async Task Bytes_text_and_JSON_follow_their_tags(string message, string answer)
    {
        await using var server = GeneratedServer.Start(Handler);
        var client = await server.OpenAsync();

        await client.FrameAsync(2, Convert.FromHexString(message));

        Assert.Equal(answer, await ReadAsync(client));
    }

    [Fact]
    public async Task Replies_arrive_in_the_order_of_their_calls_and_a_void_method_has_none()
    {
        await using var server = GeneratedServer.Start(Handler);
        var client = await server.OpenAsync();

        foreach (var message in (string[])["0501", "04", "0002", "0503"])
        {
            await client.FrameAsync(2, Convert.FromHexString(message));
        }

        Assert.Equal(["0501", "0002", "0503"], [await ReadAsync(client), await ReadAsync(client), await ReadAsync(client)]);
    }

    [Fact]
    public async Task The_reply_of_a_catch_all_has_the_received_tag()
    {
        await using var server = GeneratedServer.Start(Handler.Replace("// CatchAll", "[AnyMessage] public ReadOnlyMemory<byte> Other(ReadOnlyMemory<byte> bytes) => bytes;"));
        var client = await server.OpenAsync();

        await client.FrameAsync(2, Convert.FromHexString("6401"));

        Assert.Equal("6401", await ReadAsync(client));
    }

    [Theory, Trait("rule", "W9")]
    [InlineData("", 1007)]
    [InlineData("64", 1003)]
    [InlineData("02" + "7B", 1007)]
    [InlineData("02" + "7B227769647468223A2278227D", 1007)]
    [InlineData("02" + "6E756C6C", 1007)]
    [InlineData("08", 1008)]
    [InlineData("09", 1011)]
    public async Task Bad_input_closes_the_connection(string message, int code)
    {
        await using var server = GeneratedServer.Start(Handler);
        var client = await server.OpenAsync();

        await client.FrameAsync(2, Convert.FromHexString(message));

        Assert.Equal(code, (await client.FrameAsync()).Code);
    }

    [Fact, Trait("rule", "W9")]
    public async Task Text_closes_with_1003()
    {
        await using var server = GeneratedServer.Start(Handler);
        var client = await server.OpenAsync();

        await client.TextAsync("\u0001a");

        Assert.Equal(1003, (await client.FrameAsync()).Code);
    }

    private static async Task<string> ReadAsync(TestClient client)
    {
        var frame = await client.FrameAsync();
        Assert.True(frame.Opcode == 2, frame.ToString());
        return Convert.ToHexString(frame.Payload);
    }
}
