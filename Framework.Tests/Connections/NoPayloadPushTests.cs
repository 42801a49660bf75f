using UpgradeProtocols.Runtime;
using UpgradeProtocols.Testing;
using UpgradeProtocols.Tests.Backplane;

namespace UpgradeProtocols.Tests.Connections;

/// <summary>A push without a payload, and the pushes whose bytes are the same in every protocol.</summary>
public class NoPayloadPushTests
{
    private static readonly PushMethod<NoPayload> s_tick = new("tick");

    [Fact]
    public async Task A_push_without_a_payload_is_the_same_on_this_node_and_on_others()
    {
        var network = new InProcessNetwork();
        await using var one = await TestNode.StartAsync(_ => network.Connect());
        await using var two = await TestNode.StartAsync(_ => network.Connect());
        await TestNode.MeetAsync(one, two);
        var (here, connection) = await one.OpenAsync("room");
        var (there, _) = await two.OpenAsync("room");

        await new Ticker(ClientTarget.One(one.Server.Hub, connection)).TickAsync();
        Assert.Equal("""{"type":"tick","data":{}}""", await here.TextAsync());
        await new Ticker(ClientTarget.Group(one.Server.Hub, "room", except: null)).TickAsync();
        Assert.Equal("""{"type":"tick","data":{}}""", await here.TextAsync());
        Assert.Equal("""{"type":"tick","data":{}}""", await there.TextAsync());
    }

    [Fact]
    public void Bytes_without_a_payload_or_with_one_serializer_are_the_same_in_every_protocol()
    {
        Assert.True(s_tick.IsUniversal);
        Assert.True(new PushMethod<string>("said", serializer: TextPayload.Instance).IsUniversal);
        Assert.False(new PushMethod<string>("said").IsUniversal);
        Assert.True(new PushMethod<string>("said", serializer: TextPayload.Instance) { Projections = [] }.IsUniversal);
        Assert.False(new PushMethod<string>("said", serializer: TextPayload.Instance)
        {
            Projections = [PushProjection.To<string, int>(["v1"], static text => text.Length)],
        }.IsUniversal);
    }

    private sealed class Ticker(ClientTarget target) : ClientProxy(target, typeof(IEvents))
    {
        public ValueTask<SendResult> TickAsync() => PushAsync(s_tick, default);
    }
}
