using Microsoft.Extensions.Logging;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Connections;
using UpgradeProtocols.Tests.Hosting;

namespace UpgradeProtocols.Tests.Filters;

/// <summary>Exceptions of handlers that the application maps to error replies.</summary>
public class ExceptionMapperTests
{
    private readonly TestLife _life = new();
    private Exception _thrown = new KeyNotFoundException("room 7");

    [Theory, Trait("rule", "W9")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_mapped_exception_is_an_error_reply_and_the_connection_stays_open(bool later)
    {
        await using var server = Server(builder => builder.MapException<KeyNotFoundException>(e => new MessageException("not_found", e.Message)), later);
        var client = await server.OpenAsync();

        await client.TextAsync("""{"type":"x","id":1}""");
        await client.TextAsync("""{"type":"x","id":2}""");

        Assert.Equal("""{"type":"error","id":1,"code":"not_found","message":"room 7"}""", await client.TextAsync());
        Assert.Equal("""{"type":"error","id":2,"code":"not_found","message":"room 7"}""", await client.TextAsync());
        Assert.Empty(server.Logs.AboveDebug);
    }

    [Fact]
    public async Task The_first_mapper_that_maps_an_exception_or_its_base_class_decides()
    {
        await using var server = Server(builder => builder
            .MapException<KeyNotFoundException>(_ => null)
            .MapException<SystemException>(_ => new MessageException("first", "1"))
            .MapException<KeyNotFoundException>(_ => new MessageException("second", "2")));
        var client = await server.OpenAsync();

        await client.TextAsync("""{"type":"x","id":1}""");

        Assert.Contains("first", await client.TextAsync(), StringComparison.Ordinal);
    }

    [Fact, Trait("rule", "W9")]
    public async Task An_exception_that_no_mapper_knows_is_a_failure()
    {
        _thrown = new InvalidOperationException("secret");
        await using var server = Server(builder => builder.MapException<KeyNotFoundException>(_ => new MessageException("not_found", "")));
        var client = await server.OpenAsync();

        await client.TextAsync("""{"type":"x","id":1}""");

        Assert.Contains("internal_error", await client.TextAsync(), StringComparison.Ordinal);
        Assert.Equal(1011, (await client.UntilCloseAsync()).Code);
    }

    [Fact]
    public async Task A_mapper_that_fails_hides_nothing()
    {
        await using var server = Server(builder => builder.MapException<KeyNotFoundException>(_ => throw new FormatException("of the mapper")));
        var client = await server.OpenAsync();

        await client.TextAsync("""{"type":"x","id":1}""");

        Assert.Equal(1011, (await client.UntilCloseAsync()).Code);
        var logged = Assert.Single(server.Logs.Entries, entry => entry.Level == LogLevel.Error).Exception!;
        Assert.Equal(
            [typeof(KeyNotFoundException), typeof(FormatException)],
            Assert.IsType<AggregateException>(logged).InnerExceptions.Select(e => e.GetType()));
    }

    private TestServer Server(Action<UpgradeProtocolsBuilder> configure, bool later = false) => new(builder =>
    {
        builder.AddProtocol(TestProtocol.Json(_life, (TestHandler _, ref Runtime.MessageCall<JsonMessageFormat> call) => later ? call.Done(LaterAsync()) : throw _thrown));
        configure(builder);
    });

    private async Task LaterAsync()
    {
        await Task.Yield();
        throw _thrown;
    }
}
