using System.Net.Sockets;
using System.Text;

namespace UpgradeProtocols.Soak;

/// <summary>The bad clients that a server on a public port must handle. Each reconnects when the server closes its connection.</summary>
internal static class BadClients
{
    public static readonly (string Name, Func<Uri, Random, CancellationToken, Task> Run)[] All =
    [
        ("slow", SlowAsync),
        ("vanishing", VanishAsync),
        ("malformed", SendRubbishAsync),
        ("byte-a-second", TrickleAsync),
        ("silent", BeSilentAsync),
        ("never-reading", NeverReadAsync),
        ("never-following", NeverFollowAsync),
    ];

    /// <summary>Runs a client repeatedly until the end. Errors from the server or the network are expected.</summary>
    public static async Task RepeatAsync(Func<Uri, Random, CancellationToken, Task> client, Uri address, int seed, CancellationToken end)
    {
        var random = new Random(seed);
        while (!end.IsCancellationRequested)
        {
            try
            {
                await client(address, random, end);
                await Task.Delay(random.Next(50, 500), end);
            }
            catch (Exception e) when (e is SocketException or IOException or OperationCanceledException)
            {
                // The server closed the connection, or the run ended.
            }
        }
    }

    /// <summary>Requests large replies, and reads them slowly in small pieces.</summary>
    private static async Task SlowAsync(Uri address, Random random, CancellationToken end)
    {
        using var client = await RawClient.ConnectAsync(address, end, receiveBuffer: 4096);
        await client.OpenAsync("/echo", end);
        var message = RawClient.Frame(2, new byte[random.Next(1000, 60_000)]);
        for (var i = 0; i < 20; i++)
        {
            await client.SendAsync(message, end);
            for (var sips = 0; sips < 10; sips++)
            {
                await client.ReceiveAsync(end, most: 200);
                await Task.Delay(100, end);
            }
        }
    }

    /// <summary>Disconnects in the middle of a head, a frame, or a response.</summary>
    private static async Task VanishAsync(Uri address, Random random, CancellationToken end)
    {
        using var client = await RawClient.ConnectAsync(address, end);
        if (random.Next(4) == 0)
        {
            await client.SendAsync(RawClient.Upgrade("/echo").AsMemory(0, random.Next(10, 100)), end);
        }
        else
        {
            await client.OpenAsync(random.Next(2) == 0 ? "/echo" : "/ticks", end);
            var frame = RawClient.Frame(2, new byte[random.Next(10, 200_000)]);
            await client.SendAsync(frame, end);
            await client.SendAsync(frame.AsMemory(0, random.Next(1, frame.Length)), end);
            await Task.Delay(random.Next(0, 1000), end);
        }

        if (random.Next(3) == 0)
        {
            // FIN without a Close.
            client.Socket.Shutdown(SocketShutdown.Both);
        }
        else
        {
            client.Abort();
        }
    }

    /// <summary>Violates the rules of HTTP, frames, compression or messages.</summary>
    private static async Task SendRubbishAsync(Uri address, Random random, CancellationToken end)
    {
        using var client = await RawClient.ConnectAsync(address, end);
        var rubbish = new byte[random.Next(1, 400)];
        random.NextBytes(rubbish);
        switch (random.Next(6))
        {
            case 0:
                await client.SendAsync(rubbish, end);
                break;
            case 1:
                await client.SendAsync(Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0"), end);
                break;
            case 2:
                await client.OpenAsync("/echo", end);
                await client.SendAsync(rubbish, end);
                break;
            case 3:
                await client.OpenAsync("/echo", end);
                await client.SendAsync(RawClient.Frame(1, rubbish), end);
                break;
            case 4:
                await client.OpenAsync("/ticks", end);
                await client.SendAsync(RawClient.Frame(1, "{\"type\":\"double\",\"id\":1,\"data\":{\"number\":\"x\"}}"u8), end);
                await client.SendAsync(RawClient.Frame(1, "{\"type\":\"none\",\"id\":2"u8), end);
                await client.SendAsync(RawClient.Frame(2, rubbish), end);
                break;
            default:
                await client.OpenAsync("/lines", end, "lines/1");
                await client.SendAsync(rubbish, end);
                break;
        }

        client.Socket.Shutdown(SocketShutdown.Send);
        await client.ReadToEndAsync(end);
    }

    /// <summary>Sends one byte per second: of a head, until the timeout, or of a message, without a limit.</summary>
    public static async Task TrickleAsync(Uri address, Random random, CancellationToken end)
    {
        using var client = await RawClient.ConnectAsync(address, end);
        var bytes = RawClient.Upgrade("/echo");
        if (random.Next(2) == 0)
        {
            await client.OpenAsync("/echo", end);
            bytes = RawClient.Frame(2, new byte[1000]);
        }

        for (var i = 0; i < bytes.Length; i++)
        {
            await client.SendAsync(bytes.AsMemory(i, 1), end);
            await Task.Delay(1000, end);
        }
    }

    /// <summary>Sends nothing, either from the start or after the handshake, and answers no Ping.</summary>
    public static async Task BeSilentAsync(Uri address, Random random, CancellationToken end)
    {
        using var client = await RawClient.ConnectAsync(address, end);
        if (random.Next(2) == 0)
        {
            await client.OpenAsync(random.Next(2) == 0 ? "/echo" : "/ticks", end);
        }

        await client.ReadToEndAsync(end);
    }

    /// <summary>Sends requests and reads no reply, until the server closes the connection.</summary>
    public static async Task NeverReadAsync(Uri address, Random random, CancellationToken end)
    {
        using var client = await RawClient.ConnectAsync(address, end, receiveBuffer: 4096);
        await client.OpenAsync("/echo", end);
        var message = RawClient.Frame(2, new byte[64 * 1024]);
        while (true)
        {
            await client.SendAsync(message, end);
        }
    }

    /// <summary>Reads no tick, and continues to send requests.</summary>
    private static async Task NeverFollowAsync(Uri address, Random random, CancellationToken end)
    {
        using var client = await RawClient.ConnectAsync(address, end, receiveBuffer: 4096);
        await client.OpenAsync("/ticks", end);
        var ask = RawClient.Frame(1, "{\"type\":\"double\",\"id\":1,\"data\":{\"number\":1}}"u8);
        while (true)
        {
            await client.SendAsync(ask, end);
            await Task.Delay(random.Next(10, 100), end);
        }
    }
}
