using Microsoft.Extensions.DependencyInjection;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Fuzz;
using UpgradeProtocols.Tests.Hosting;

namespace UpgradeProtocols.Tests.Connections;

/// <summary>The buffers of pushes to many connections return to the pool, however the receivers end.</summary>
[Collection(nameof(EngineAlone))]
public sealed class GroupBufferTests : IDisposable
{
    private const int Pipe = 100;

    private readonly TrackedBuffers _buffers = new();
    private readonly TestLife _life = new();

    public void Dispose() => _buffers.Dispose();

    [Theory]
    [InlineData(SlowConsumerPolicy.DropNewest)]
    [InlineData(SlowConsumerPolicy.DropOldest)]
    [InlineData(SlowConsumerPolicy.Close)]
    [InlineData(SlowConsumerPolicy.Wait)]
    public async Task A_broadcast_to_two_protocols_and_slow_members_returns_its_buffers(SlowConsumerPolicy policy)
    {
        await using var server = Server(policy);
        List<TestClient> clients = [await OpenAsync(server, "a"), await OpenAsync(server, "b", Pipe), await OpenAsync(server, "c"), await OpenAsync(server, "a", Pipe)];
        var all = server.Services.GetRequiredService<IClients<IEvents>>().All;

        var sends = Enumerable.Range(0, 20).Select(_ => all.SaidAsync(new string('.', 100)).AsTask()).ToList();
        clients.ForEach(static client => client.Abort());
        await Task.WhenAll(sends).WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);
        await server.EndedAsync();

        await _buffers.AssertReturnedSoonAsync();
    }

    [Fact]
    public async Task A_push_to_one_connection_returns_its_buffer()
    {
        await using var server = Server(SlowConsumerPolicy.DropNewest);
        var client = await OpenAsync(server, "a", Pipe);
        var connection = Assert.Single(server.Hub.Snapshot());
        var one = server.Services.GetRequiredService<IClients<IEvents>>().Connection(connection.Id);
        for (var i = 0; i < 20; i++)
        {
            await one.SaidAsync(new string('.', 100));
        }

        client.Abort();
        await server.EndedAsync();

        await _buffers.AssertReturnedSoonAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Messages_that_wait_for_their_turn_return_their_buffers(bool areHandled)
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = new TestServer(builder => builder.AddProtocol(TestProtocol.Raw(
            _life, (TestHandler _, ref MessageCall<RawMessageFormat> call) => call.Done(release.Task))));
        var client = await server.OpenAsync();
        var handler = await _life.NextAsync();
        for (var i = 0; i < 5; i++)
        {
            await client.TextAsync($"{i}");
        }

        if (areHandled)
        {
            release.SetResult();
            await client.CloseAsync();
        }
        else
        {
            client.Abort();
            release.SetResult();
        }

        await handler.Disposed;
        await server.EndedAsync();
        await _buffers.AssertReturnedSoonAsync();
    }

    private async Task<TestClient> OpenAsync(TestServer server, string name, int holdUpAt = 64 * 1024)
    {
        var client = server.Connect(holdUpAt);
        await client.OpenAsync("/", $"Sec-WebSocket-Protocol: {name}\r\n");
        await _life.NextAsync();
        return client;
    }

    private TestServer Server(SlowConsumerPolicy policy) => new(
        builder =>
        {
            foreach (var name in (string[])["a", "b", "c"])
            {
                builder.AddProtocol(TestProtocol.Json(_life, TestProtocol.Nothing, name: name, policy: policy));
            }

            builder.AddClientContract<IEvents>(target => new EventsProxy(target));
        },
        options => options.MaxOutboundBytes = 500);
}
