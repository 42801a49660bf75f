using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Connections;
using UpgradeProtocols.Tests.Hosting;

namespace UpgradeProtocols.Tests.Transport;

/// <summary>Tests of the epoll transport beyond the wire cases.</summary>
public class EpollTests
{
    public EpollTests() => TransportHost.UseEpoll();

    [Fact]
    public async Task Connections_are_served_by_epoll()
    {
        await using var host = await TransportHost.StartAsync();
        Assert.True(host.IsOnEpoll);
        Assert.Contains(Threads(), name => name.StartsWith("epoll", StringComparison.Ordinal));
        var client = await host.ConnectAsync();
        await client.OpenAsync("/echo");
        await client.TextAsync("hello");
        Assert.Equal("hello", await client.TextAsync());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2047)]
    [InlineData(65 * 1024)]
    [InlineData(900_000)]
    public async Task Messages_of_any_size_are_echoed_completely(int size)
    {
        await using var host = await TransportHost.StartAsync();
        var client = await host.ConnectAsync();
        await client.OpenAsync("/echo");
        var text = string.Create(size, 0, static (text, _) =>
        {
            for (var i = 0; i < text.Length; i++)
            {
                text[i] = (char)('a' + i % 26);
            }
        });
        for (var i = 0; i < 3; i++)
        {
            await client.TextAsync(text);
            Assert.Equal(text, await client.TextAsync());
        }
    }

    [Fact]
    public async Task A_message_that_arrives_byte_by_byte_is_echoed_completely()
    {
        await using var host = await TransportHost.StartAsync();
        var client = await host.ConnectAsync();
        await client.OpenAsync("/echo");
        await client.SendAsync(WebSockets.ClientFrames.Frame(1, Encoding.UTF8.GetBytes(new string('x', 300))), piece: 1);
        Assert.Equal(new string('x', 300), await client.TextAsync());
    }

    [Fact]
    public async Task A_peer_that_does_not_read_delays_no_other_connection()
    {
        await using var host = await TransportHost.StartAsync();
        using var deaf = await host.SocketAsync(host.EndPoint);
        deaf.ReceiveBufferSize = 4096;
        await deaf.SendAsync(Encoding.Latin1.GetBytes(TestClient.Upgrade("/echo")));
        var frame = WebSockets.ClientFrames.Frame(2, new byte[60_000]);
        using var full = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            // Bounded: the kernel's buffers in both directions and the server's queue hold far less.
            for (var i = 0; i < 2000; i++)
            {
                await deaf.SendAsync(frame, full.Token);
            }
        });

        var client = await host.ConnectAsync();
        await client.OpenAsync("/echo");
        await client.TextAsync("still served");
        Assert.Equal("still served", await client.TextAsync());
    }

    [Fact]
    public async Task A_FIN_of_the_peer_ends_one_direction_only()
    {
        await using var host = await TransportHost.StartAsync(configure: builder =>
            builder.AddProtocol(TestProtocol.Pipe(new TestLife(), AnswerAfterEndAsync, "/raw", "late/1", "GET")));
        using var socket = await host.SocketAsync(host.EndPoint);
        await socket.SendAsync("GET /raw HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: late/1\r\n\r\nabc"u8.ToArray());
        using var reader = new StreamReader(new NetworkStream(socket), Encoding.Latin1);
        socket.Shutdown(SocketShutdown.Send);

        var all = await reader.ReadToEndAsync(TestContext.Current.CancellationToken);

        Assert.EndsWith("3 bytes, then the end", all, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Small_unflushed_messages_hold_little_memory()
    {
        await using var host = await TransportHost.StartAsync(configure: builder =>
            builder.AddProtocol(TestProtocol.Pipe(new TestLife(), TellRoomAsync, "/raw", "room/1", "GET")));
        using var socket = await host.SocketAsync(host.EndPoint);
        await socket.SendAsync("GET /raw HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: room/1\r\n\r\n"u8.ToArray());
        using var reader = new StreamReader(new NetworkStream(socket), Encoding.Latin1);
        var all = await reader.ReadToEndAsync(TestContext.Current.CancellationToken);

        var room = int.Parse(all[(all.LastIndexOf('\n') + 1)..], System.Globalization.CultureInfo.InvariantCulture);

        Assert.InRange(room, 100, 4096);
    }

    [Fact]
    public async Task Ten_thousand_messages_on_two_hundred_connections_keep_their_order()
    {
        await using var host = await TransportHost.StartAsync();
        await Task.WhenAll(Enumerable.Range(0, 200).Select(async number =>
        {
            var client = await host.ConnectAsync();
            await client.OpenAsync("/echo");
            for (var i = 0; i < 50; i++)
            {
                await client.TextAsync($"{number}:{i}");
            }

            for (var i = 0; i < 50; i++)
            {
                Assert.Equal($"{number}:{i}", await client.TextAsync());
            }
        }));
    }

    [Fact]
    public async Task A_handler_that_blocks_its_loop_is_logged()
    {
        using var release = new ManualResetEventSlim();
        var handled = 0;
        await using var host = await TransportHost.StartAsync(configure: builder => builder
            .UseEpoll(options => options.BlockedLoopThreshold = TimeSpan.Zero)
            .AddProtocol(TestProtocol.Raw(new TestLife(), (TestHandler _, ref Runtime.MessageCall<RawMessageFormat> _) =>
            {
                // If a message arrived before the server reads, the reading thread handles it, and not the loop.
                if (Thread.CurrentThread.Name?.StartsWith("epoll", StringComparison.Ordinal) is true)
                {
                    release.Wait(Patience.Limit);
                }

                Interlocked.Increment(ref handled);
                return default;
            }, "/block")));
        var client = await host.ConnectAsync();
        await client.OpenAsync("/block");
        var isNamed = () => host.Logs.AboveDebug.Any(entry => entry.Id == 400);
        for (var sent = 1; !isNamed(); sent++)
        {
            await client.TextAsync("block");
            await Eventually.TrueAsync(() => Volatile.Read(ref handled) == sent || isNamed(), "the message is handled, or the warning is there");
        }

        release.Set();
    }

    [Fact]
    public async Task Urgent_data_does_not_delay_the_data_behind_it()
    {
        await using var host = await TransportHost.StartAsync(configure: builder =>
            builder.AddProtocol(TestProtocol.Pipe(new TestLife(), AnswerAfterEndAsync, "/raw", "late/1", "GET")));
        using var socket = await host.SocketAsync(host.EndPoint);
        await socket.SendAsync("GET /raw HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: late/1\r\n\r\nabc"u8.ToArray());
        socket.Send("!"u8.ToArray(), SocketFlags.OutOfBand);
        await socket.SendAsync("def"u8.ToArray());
        using var reader = new StreamReader(new NetworkStream(socket), Encoding.Latin1);
        socket.Shutdown(SocketShutdown.Send);
        Assert.EndsWith("6 bytes, then the end", await reader.ReadToEndAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("rule", "T4")]
    public async Task A_handler_s_unread_last_bytes_end_after_the_write_timeout()
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var left = 0;
        await using var host = await TransportHost.StartAsync(
            configure: builder => builder.AddProtocol(TestProtocol.Pipe(new TestLife(), LeaveMuch, "/raw", "much/1", "GET")),
            options: options => (options.MaxConnections, options.WriteTimeout) = (3, TimeSpan.FromSeconds(2)),
            time: time);
        for (var i = 0; i < 3; i++)
        {
            var socket = await host.SocketAsync(host.EndPoint);
            await socket.SendAsync("GET /raw HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: much/1\r\n\r\n"u8.ToArray());
        }

        await Eventually.TrueAsync(
            () => host.Engine.Hub.Count == 0 && host.Engine.Connections.Count == 0 && Volatile.Read(ref left) == 3, "the handlers have ended");
        time.Advance(TimeSpan.FromMilliseconds(250));
        await Eventually.TrueAsync(() => host.Engine.Connections.Count == 3, "what they have left counts");
        await time.AdvanceUntilAsync(Eventually.TrueAsync(() => host.Engine.Connections.Count == 0, "it is ended"));
        await host.StopAsync().SoonAsync();

        Task LeaveMuch(TestHandler handler, System.IO.Pipelines.IDuplexPipe pipe)
        {
            for (var i = 0; i < 300; i++)
            {
                pipe.Output.GetSpan(60_000)[..60_000].Clear();
                pipe.Output.Advance(60_000);
            }

            Interlocked.Increment(ref left);
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task An_address_in_use_throws()
    {
        await using var host = await TransportHost.StartAsync();
        await Assert.ThrowsAnyAsync<IOException>(() => TransportHost.StartAsync([$"http://127.0.0.1:{((IPEndPoint)host.EndPoint).Port}"]));
    }

    private static async Task AnswerAfterEndAsync(TestHandler handler, System.IO.Pipelines.IDuplexPipe pipe)
    {
        var count = 0L;
        while (true)
        {
            var read = await pipe.Input.ReadAsync();
            count += read.Buffer.Length;
            pipe.Input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                break;
            }
        }

        await pipe.Output.WriteAsync(Encoding.UTF8.GetBytes($"{count} bytes, then the end"));
    }

    private static async Task TellRoomAsync(TestHandler handler, System.IO.Pipelines.IDuplexPipe pipe)
    {
        var room = pipe.Output.GetMemory(100).Length;
        await pipe.Output.WriteAsync(Encoding.UTF8.GetBytes($"{room}"));
    }

    private static IEnumerable<string> Threads() =>
        Directory.GetDirectories("/proc/self/task").Select(task => File.ReadAllText(Path.Combine(task, "comm")));
}

/// <summary>TLS over the epoll transport.</summary>
public sealed class EpollTlsTests : TlsTests
{
    public EpollTlsTests() => TransportHost.UseEpoll();
}

/// <summary>All kinds of addresses with the epoll transport configured.</summary>
public sealed class EpollAddressTests : AddressTests
{
    public EpollAddressTests() => TransportHost.UseEpoll();
}

/// <summary>Stopping on the epoll transport.</summary>
public sealed class EpollStoppingTests : StoppingTests
{
    public EpollStoppingTests() => TransportHost.UseEpoll();
}

/// <summary>Proxies in front of the epoll transport.</summary>
public sealed class EpollProxyTests : ProxyTests
{
    public EpollProxyTests() => TransportHost.UseEpoll();
}
