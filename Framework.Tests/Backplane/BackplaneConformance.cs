using System.Text;

namespace UpgradeProtocols.Tests.Backplane;

/// <summary>The behavior of every <see cref="IBackplane"/>. A derived class creates the backplane and cuts it off.</summary>
public abstract class BackplaneConformance : IAsyncLifetime
{
    private readonly List<IBackplane> _backplanes = [];

    public virtual ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        foreach (var backplane in _backplanes)
        {
            await backplane.DisposeAsync();
        }

        await StopAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Creates the backplane of another node.</summary>
    protected abstract IBackplane Create();

    /// <summary>Disconnects the server.</summary>
    protected abstract Task CutAsync();

    /// <summary>Brings the server back without state, as after a restart.</summary>
    protected abstract Task HealAsync();

    protected virtual ValueTask StopAsync() => default;

    [Fact]
    public async Task A_message_reaches_every_subscriber_of_its_channel_and_no_other_node()
    {
        var (one, _) = await ConnectAsync();
        var (two, second) = await ConnectAsync();
        var (three, third) = await ConnectAsync();
        await two.SubscribeAsync("room");
        await three.SubscribeAsync("room");
        await three.SubscribeAsync("other");

        await PublishAsync(one, "room", "hello");
        await PublishAsync(one, "other", "end");

        Assert.Equal("hello", await second.NextAsync("room"));
        Assert.Equal("hello", await third.NextAsync("room"));
        Assert.Equal("end", await third.NextAsync("other"));
        second.HasNothing("other");
        third.HasNothing("room");
    }

    [Fact]
    public async Task A_message_published_after_the_subscription_arrives_once_and_in_order()
    {
        var (one, _) = await ConnectAsync();
        var (two, second) = await ConnectAsync();
        await two.SubscribeAsync("room");
        await two.SubscribeAsync("room");

        const int Count = 2000;
        var sent = new List<Task>();
        for (var i = 0; i < Count; i++)
        {
            sent.Add(PublishAsync(one, "room", $"{i}"));
        }

        await Task.WhenAll(sent).WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);
        for (var i = 0; i < Count; i++)
        {
            Assert.Equal($"{i}", await second.NextAsync("room"));
        }

        second.HasNothing("room");
    }

    [Fact]
    public async Task Nothing_arrives_between_an_unsubscription_and_the_next_subscription()
    {
        var (one, _) = await ConnectAsync();
        var (two, second) = await ConnectAsync();
        await two.SubscribeAsync("marker");
        for (var round = 0; round < 20; round++)
        {
            await two.SubscribeAsync("room");
            await PublishAsync(one, "room", $"{round}");
            Assert.Equal($"{round}", await second.NextAsync("room"));
            await two.UnsubscribeAsync("room");
            await PublishAsync(one, "room", "nobody");
            await PublishAsync(one, "marker", $"{round}");
            Assert.Equal($"{round}", await second.NextAsync("marker"));
            second.HasNothing("room");
        }

        await two.UnsubscribeAsync("never subscribed");
    }

    [Theory]
    [InlineData("with spaces.and.dots.*.>")]
    [InlineData("ünïcödé 🚀 {tag} [a-z]? \\ % \" ' \n")]
    public async Task A_channel_may_have_any_name(string name)
    {
        var (one, first) = await ConnectAsync();
        var (two, second) = await ConnectAsync();
        await two.SubscribeAsync(name);
        await two.SubscribeAsync(name + "x");

        await PublishAsync(one, name, "to the name");
        await PublishAsync(one, name + "x", "to the other");

        Assert.Equal("to the name", await second.NextAsync(name));
        Assert.Equal("to the other", await second.NextAsync(name + "x"));
        second.HasNothing(name);
        first.HasNothing(name);
    }

    [Fact]
    public async Task Similar_names_and_long_names_are_separate_channels()
    {
        var (one, _) = await ConnectAsync();
        var (two, second) = await ConnectAsync();
        var length = new string('x', 20_000);
        string[] names = ["room", "Room", "room\0", "room.", "room%2E", "r\u00e9", "re\u0301", "\uFFFD", length, length + "y", "long." + length];
        foreach (var name in names)
        {
            await two.SubscribeAsync(name);
        }

        foreach (var name in names)
        {
            await PublishAsync(one, name, $"for {Array.IndexOf(names, name)}");
        }

        foreach (var name in names)
        {
            Assert.Equal($"for {Array.IndexOf(names, name)}", await second.NextAsync(name));
        }

        Assert.All(names, second.HasNothing);
    }

    // In UTF-8 different halves would be the same name.
    [Theory]
    [InlineData("<")]
    [InlineData("room >!")]
    public async Task A_name_with_half_a_surrogate_pair_is_refused(string text)
    {
        var name = Halves.In(text);
        var (one, _) = await ConnectAsync();
        await Assert.ThrowsAnyAsync<ArgumentException>(() => one.SubscribeAsync(name).AsTask());
        await Assert.ThrowsAnyAsync<ArgumentException>(() => PublishAsync(one, name, "hello"));
    }

    [Fact]
    public async Task Messages_of_any_bytes_and_size_arrive_unchanged_although_their_memory_is_reused()
    {
        var (one, _) = await ConnectAsync();
        var (two, second) = await ConnectAsync();
        await two.SubscribeAsync("room");
        var random = new Random(7);
        var buffer = new byte[512 * 1024];
        foreach (var size in (int[])[1, 255, 256, 70_000, 512 * 1024, 1])
        {
            random.NextBytes(buffer.AsSpan(0, size));
            var sent = buffer.AsSpan(0, size).ToArray();

            await one.PublishAsync("room", buffer.AsMemory(0, size));
            buffer.AsSpan().Fill(0xff);

            Assert.Equal(sent, await second.BytesAsync("room"));
        }
    }

    [Fact]
    public async Task Many_channels_get_only_their_own_messages()
    {
        var (one, _) = await ConnectAsync();
        var (two, second) = await ConnectAsync();
        var names = Enumerable.Range(0, 500).Select(i => $"room {i}").ToArray();
        await Task.WhenAll(names.Select(name => two.SubscribeAsync(name).AsTask()));

        await Task.WhenAll(names.Select(name => PublishAsync(one, name, name)));

        foreach (var name in names)
        {
            Assert.Equal(name, await second.NextAsync(name));
        }
    }

    [Fact]
    public async Task Publishing_fails_during_an_outage_and_all_subscriptions_exist_after_it()
    {
        var (one, first) = await ConnectAsync();
        var (two, second) = await ConnectAsync();
        await two.SubscribeAsync("before");

        await CutAsync();
        Assert.NotEmpty(await first.DisconnectedAsync());
        Assert.NotEmpty(await second.DisconnectedAsync());
        await Assert.ThrowsAnyAsync<Exception>(() => PublishAsync(one, "before", "lost").WaitAsync(Patience.Limit));
        await Assert.ThrowsAnyAsync<Exception>(() => two.SubscribeAsync("during").AsTask().WaitAsync(Patience.Limit));

        await HealAsync();
        await first.ConnectedAsync();
        await second.ConnectedAsync();
        await two.SubscribeAsync("during");
        await PublishAsync(one, "before", "one");
        await PublishAsync(one, "during", "two");

        Assert.Equal("one", await second.NextAsync("before"));
        Assert.Equal("two", await second.NextAsync("during"));
        second.HasNothing("before");
        second.HasNothing("during");
    }

    [Fact]
    public async Task A_node_that_starts_without_the_server_connects_when_the_server_is_available()
    {
        await CutAsync();
        var listener = new RecordingListener();
        var backplane = Add(Create());
        await backplane.StartAsync(listener, TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);
        await listener.DisconnectedAsync();

        await HealAsync();
        await listener.ConnectedAsync();

        await backplane.SubscribeAsync("room");
        var (other, _) = await ConnectAsync();
        await PublishAsync(other, "room", "hello");
        Assert.Equal("hello", await listener.NextAsync("room"));
    }

    private static async Task PublishAsync(IBackplane backplane, string channel, string message) =>
        await backplane.PublishAsync(channel, Encoding.UTF8.GetBytes(message));

    private async Task<(IBackplane Backplane, RecordingListener Listener)> ConnectAsync()
    {
        var listener = new RecordingListener();
        var backplane = Add(Create());
        await backplane.StartAsync(listener, TestContext.Current.CancellationToken);
        await listener.ConnectedAsync();
        return (backplane, listener);
    }

    private IBackplane Add(IBackplane backplane)
    {
        _backplanes.Add(backplane);
        return backplane;
    }
}
