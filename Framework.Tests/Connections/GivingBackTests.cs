using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Hosting;
using UpgradeProtocols.Tests.WebSockets;

namespace UpgradeProtocols.Tests.Connections;

/// <summary>A session that fails by a fault of ours, or of who observes it, gives back what it held.</summary>
public class GivingBackTests
{
    private readonly TestLife _life = new();
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task A_session_that_faults_gives_its_compressor_back_and_waits_for_its_handler()
    {
        await using var server = new TestServer(
            builder => builder.AddProtocol(new ProtocolEntry
            {
                Path = "/",
                IsDefault = true,
                HandlerType = typeof(TestHandler),
                Compression = true,
                Dispatcher = new TestDispatcher<RawMessageFormat>(new RawMessageFormat(), _life, Answer),
            }),
            options => options.Compression.MaxContexts = 1);
        var client = await server.OpenAsync("/", "Sec-WebSocket-Extensions: permessage-deflate\r\n");
        var handler = await _life.NextAsync();
        await client.TextAsync("hold");
        await handler.Connection.SendAsync(new string('x', 1000), TestContext.Current.CancellationToken);
        Assert.True((await client.FrameAsync()).Rsv1);
        Assert.Equal(1, server.Hub.Deflate.ContextLimit!.Count);

        // An exporter that throws where a message is counted: the reader has no place to put it.
        using (FailingListener(server, "upgrade.server.messages"))
        {
            _ = client.Post(ClientFrames.Text("counted"));
            await client.Aborted.WaitAsync(Patience.Limit);
            Assert.True(await Task.Run(() => SpinWait.SpinUntil(() => server.Hub.Deflate.ContextLimit.Count == 0, Patience.Limit)));
        }

        Assert.Empty(handler.Disconnections);
        _release.SetResult();
        await handler.Disposed;
        Assert.Single(handler.Disconnections);
        await server.EndedAsync();
        Assert.Equal(0, server.Hub.Count);

        ValueTask Answer(TestHandler handler, ref MessageCall<RawMessageFormat> call) => call.Done(_release.Task);
    }

    // Activity listeners are called before the conversation begins.
    [Fact]
    public async Task A_session_that_can_not_begin_gives_its_handler_back()
    {
        var path = $"/failing-{Guid.NewGuid():N}";
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "UpgradeProtocols",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStarted = activity =>
            {
                if (Equals(activity.GetTagItem("http.route"), path))
                {
                    throw new InvalidOperationException("exporter");
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        await using var server = new TestServer(builder => builder.AddProtocol(TestProtocol.Raw(_life, TestProtocol.Echo, path)));
        var client = server.Connect();
        await client.SendAsync(TestClient.Upgrade(path));
        var handler = await _life.CreatedAsync();

        await handler.Disposed;
        await server.EndedAsync();
        Assert.Equal(0, server.Hub.Count);
        Assert.Equal((0, 0), (handler.ConnectedCount, handler.Disconnections.Count));
    }

    private static MeterListener FailingListener(TestServer server, string name)
    {
        var factory = server.Services.GetRequiredService<IMeterFactory>();
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == name && ReferenceEquals(instrument.Meter.Scope, factory))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            foreach (var tag in tags)
            {
                if (Equals(tag.Value, "receive"))
                {
                    throw new InvalidOperationException("exporter");
                }
            }
        });
        listener.Start();
        return listener;
    }
}
