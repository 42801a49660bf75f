using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using UpgradeProtocols.Tests.Hosting;

namespace UpgradeProtocols.Tests.Generators;

/// <summary>The sources of arguments at runtime: attributes of other binders, and constructors that take the connection.</summary>
public class BindingTests
{
    private const string Settings = """
        public class Settings { public bool IsAdmin { get; set; } }

        """;

    [Theory]
    [InlineData("[Microsoft.AspNetCore.Mvc.FromServices]")]
    [InlineData("[FromServices]")]
    public async Task A_service_with_another_binders_attribute_is_not_read_from_the_message(string attribute)
    {
        await using var server = GeneratedServer.Start(
            Settings + $$"""[UpgradeProtocol] public class Handler { [Message("y")] public bool Y({{attribute}} Settings s) => s.IsAdmin; }""",
            services: AddSettings);
        var client = await server.OpenAsync();

        await client.TextAsync("""{"type":"y","id":2,"data":{"isAdmin":true}}""");

        Assert.Equal("""{"type":"reply","id":2,"data":false}""", await client.TextAsync());
        Assert.DoesNotContain(server.Logs.Entries, entry => entry.Id == 30);
    }

    [Fact]
    public async Task A_payload_that_is_a_service_logs_one_warning_at_start()
    {
        await using var server = GeneratedServer.Start(
            Settings + """
                [UpgradeProtocol("a")]
                [UpgradeProtocol("b", Format = typeof(FlatJsonMessageFormat))]
                public class Handler
                {
                    [Message("y")] public void Y(Settings s) { }
                    [Message("z")] public void Z(Settings? s) { }
                    [Message("l")] public void L(IEnumerable<Settings> s) { }
                    [Message("n")] public void N(int number) { }
                }
                """,
            services: AddSettings);

        var warning = Assert.Single(server.Logs.Entries, entry => entry.Id == 30);
        Assert.Equal(
            "Handler reads Settings from messages, so the client controls its content, but Settings is registered as a service. "
            + "Mark the parameter with [FromServices], or use a separate type for the payload.",
            warning.Message);
    }

    [Fact]
    public async Task The_attributes_of_mvc_bind_values_of_the_request()
    {
        await using var server = GeneratedServer.Start("""
            using Microsoft.AspNetCore.Mvc;
            [UpgradeProtocol(Path = "/{room}")]
            public class Handler
            {
                [Message("y")]
                public string Y([FromRoute(Name = "room")] string r, [Microsoft.AspNetCore.Mvc.FromQuery(Name = "n")] int number, [FromHeader(Name = "X-Key")] Guid key, [FromHeader] int? depth, [FromBody] int payload) =>
                    $"{r} {number} {key:N} {depth} {payload}";
            }
            """);
        var client = await server.OpenAsync("/lobby?n=3", "x-key: 11111111-1111-1111-1111-111111111111\r\n");

        await client.TextAsync("""{"type":"y","id":1,"data":7}""");

        Assert.Equal("""{"type":"reply","id":1,"data":"lobby 3 11111111111111111111111111111111  7"}""", await client.TextAsync());
    }

    [Theory]
    [InlineData("", "The field 'X-Key' is missing.\n")]
    [InlineData("X-Key: nine\r\n", "The field 'X-Key' is not a valid Int32.\n")]
    public async Task A_header_that_cannot_be_bound_refuses_the_upgrade(string fields, string problem)
    {
        await using var server = GeneratedServer.Start("""
            [UpgradeProtocol]
            public class Handler([Microsoft.AspNetCore.Mvc.FromHeader(Name = "X-Key")] int key)
            {
                [Message("y")] public int Y() => key;
            }
            """);
        var client = server.Connect();

        await client.SendAsync(TestClient.Upgrade("/", fields));
        var response = await client.ResponseAsync();

        Assert.Equal((400, problem), (response.Status, response.Body));
    }

    [Fact]
    public async Task A_constructor_takes_the_connection_and_values_of_the_request()
    {
        await using var server = GeneratedServer.Start(
            Settings + """
                [UpgradeProtocol(Path = "/{room}")]
                public class Handler(
                    UpgradeConnection connection, UpgradeRequest request, ClaimsPrincipal user, CancellationToken closed, [FromRoute] string room, [FromQuery] int? page, Settings settings)
                {
                    [Message("y")]
                    public string Y(UpgradeConnection c) =>
                        $"{c == connection} {request == c.Request} {user == c.User} {closed == c.Closed} {room} {page} {settings.IsAdmin}";
                }
                """,
            services: AddSettings);
        var client = await server.OpenAsync("/lobby?page=4");

        await client.TextAsync("""{"type":"y","id":1}""");

        Assert.Equal("""{"type":"reply","id":1,"data":"True True True True lobby 4 False"}""", await client.TextAsync());
    }

    [Fact]
    public async Task A_constructors_value_that_cannot_be_read_refuses_the_upgrade()
    {
        await using var server = GeneratedServer.Start("""
            [UpgradeProtocol(Path = "/{room}")]
            public class Handler([FromRoute] int room) { [Message("y")] public int Y() => room; }
            """);
        var client = server.Connect();

        await client.SendAsync(TestClient.Upgrade("/lobby"));

        Assert.Equal(400, (await client.ResponseAsync()).Status);
    }

    [Theory]
    [InlineData("", """{"type":"join","id":1}""", "The payload lacks 'room'.")]
    [InlineData("", """{"type":"join","id":1,"data":{"nick":"a"}}""", "The payload lacks 'room'.")]
    [InlineData("", """{"type":"join","id":1,"data":{"room":null}}""", "The payload doesn't have the message's shape at $.room.")]
    [InlineData(", JsonContext = typeof(ChatJson)", """{"type":"join","id":1}""", "The payload lacks 'room'.")]
    [InlineData(", JsonContext = typeof(ChatJson)", """{"type":"join","id":1,"data":{"room":null}}""", "The payload doesn't have the message's shape at $.room.")]
    public async Task A_payload_without_a_required_member_is_answered_with_the_name_of_the_member(string context, string message, string problem)
    {
        var answer = await GeneratedServer.AskAsync(
            $$"""
            public record Join(string Room, string? Nick = null);

            [JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
            [JsonSerializable(typeof(Join)), JsonSerializable(typeof(int))]
            public sealed partial class ChatJson : JsonSerializerContext;

            [UpgradeProtocol(Default = true{{context}})] public class Handler { [Message("join")] public int Join(Join join) => join.Room.Length; }
            """,
            message);

        using var error = System.Text.Json.JsonDocument.Parse(answer);
        Assert.Equal(("error", 1), (error.RootElement.GetProperty("type").GetString(), error.RootElement.GetProperty("id").GetInt32()));
        Assert.Contains("invalid_payload", answer, StringComparison.Ordinal);
        Assert.Contains(problem, System.Text.RegularExpressions.Regex.Unescape(answer), StringComparison.Ordinal);
    }

    private static void AddSettings(IServiceCollection services, Assembly assembly)
    {
        var type = assembly.GetType("Settings")!;
        services.AddSingleton(type, Activator.CreateInstance(type)!);
    }
}
