using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace UpgradeProtocols.Soak;

/// <summary>
/// Clients that connect and disconnect quickly, so that file descriptors and buffers are reused immediately. Each has its own pattern, on
/// a tunnel, a framed connection or a WebSocket, and checks every byte that it receives.
/// </summary>
internal sealed class TunnelClients(Uri address, Tally tally)
{
    public const int Count = 24;

    private static readonly TunnelEnd[] s_ends = Enum.GetValues<TunnelEnd>();
    private static int s_id;

    /// <summary>Connects repeatedly until the end.</summary>
    public async Task RepeatAsync(int number, CancellationToken end)
    {
        var random = new Random(number);
        while (!end.IsCancellationRequested)
        {
            var id = (uint)Interlocked.Increment(ref s_id);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(end);
            try
            {
                await (random.Next(8) switch
                {
                    0 => ConverseAsync(id, random, isFramed: true, limit.Token),
                    1 => ConverseAsync(id, random, isFramed: false, limit.Token),
                    _ => TunnelAsync(id, s_ends[random.Next(s_ends.Length)], random, limit.Token),
                });
                await Task.Delay(random.Next(10), end);
            }
            catch (Exception e) when (IsAsItShouldBe(e))
            {
                // The server ends the connection at the client's request.
            }
        }
    }

    private static bool IsAsItShouldBe(Exception e) => e is SocketException or IOException or OperationCanceledException or ObjectDisposedException;

    private async Task TunnelAsync(uint id, TunnelEnd how, Random random, CancellationToken end)
    {
        var reads = how is not (TunnelEnd.FlushWaits or TunnelEnd.AbortWhileFlushWaits);
        using var client = await RawClient.ConnectAsync(address, end, receiveBuffer: reads && random.Next(2) == 0 ? 0 : 4096);
        var early = await client.OpenAsync("/tunnel", end, "tunnel/1");
        var head = new byte[TunnelHandler.HeadSize];
        BinaryPrimitives.WriteUInt32LittleEndian(head, id);
        head[4] = (byte)how;
        await client.SendAsync(head, end);

        var reading = reads ? ReadAsync(client, id, early, end) : Task.Delay(random.Next(50, 200), end);
        try
        {
            await SendAsync(client, id, how, random, reading, end);
            await EndAsync(client, how, reading);
        }
        finally
        {
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task EndAsync(RawClient client, TunnelEnd how, Task reading)
    {
        switch (how)
        {
            case TunnelEnd.ClientResets:
                client.Abort();
                break;
            case TunnelEnd.ClientCloses:
                client.Socket.Shutdown(SocketShutdown.Send);
                break;
            case TunnelEnd.ServerCloses:
                await reading;
                client.Socket.Shutdown(SocketShutdown.Send);
                break;
        }
    }

    // If the server ends the tunnel first, the client is still sending.
    private static async Task SendAsync(RawClient client, uint id, TunnelEnd how, Random random, Task reading, CancellationToken end)
    {
        var endsFirst = how is TunnelEnd.ClientCloses or TunnelEnd.ClientResets or TunnelEnd.ServerCloses;
        var total = endsFirst ? random.Next(20_000) : int.MaxValue;
        var isFlood = random.Next(2) == 0;
        var bytes = new byte[isFlood ? 65_536 : 5000];
        for (var sent = 0; sent < total && !reading.IsCompleted;)
        {
            var count = Math.Min(isFlood ? bytes.Length : random.Next(1, bytes.Length), total - sent);
            new Pattern(2 * id).Fill(bytes.AsSpan(0, count), sent);
            await client.SendAsync(bytes.AsMemory(0, count), end);
            sent += count;
            if (!isFlood && random.Next(4) == 0)
            {
                await Task.Delay(random.Next(5), end);
            }
        }
    }

    private async Task ReadAsync(RawClient client, uint id, byte[] early, CancellationToken end)
    {
        var pattern = new Pattern(2 * id + 1);
        long position = 0;
        Look(early);
        while (await client.ReceiveAsync(end) is var count and > 0)
        {
            Look(client.Received(count));
        }

        void Look(ReadOnlySpan<byte> bytes)
        {
            if (!pattern.Matches(bytes, position))
            {
                tally.Foreign($"The client of tunnel {id} received foreign bytes after {position} bytes.");
            }

            position += bytes.Length;
        }
    }

    /// <summary>Sends messages of its pattern, each of which comes back, and disconnects in the middle of a message or a reply.</summary>
    private async Task ConverseAsync(uint id, Random random, bool isFramed, CancellationToken end)
    {
        using var client = await RawClient.ConnectAsync(address, end);
        await client.OpenAsync(isFramed ? "/lines" : "/echo", end, isFramed ? "lines/1" : "websocket");
        var pattern = new Pattern(id);
        for (var i = random.Next(1, 10); i > 0; i--)
        {
            var message = new byte[random.Next(1, 4000)];
            pattern.Fill(message, i);
            await client.SendAsync(isFramed ? [.. message, (byte)'\n'] : RawClient.Frame(1, message), end);
            var header = isFramed ? 0 : message.Length < 126 ? 2 : 4;
            var answer = await client.ReceiveExactlyAsync(header + message.Length + (isFramed ? 1 : 0), end);
            if (!answer.AsSpan(header, message.Length).SequenceEqual(message))
            {
                tally.Foreign($"Connection {id} ({(isFramed ? "framed" : "WebSocket")}) received foreign bytes.");
            }
        }

        tally.Conversed();
        var last = isFramed ? Encoding.ASCII.GetBytes("a line without an end") : RawClient.Frame(2, new byte[100_000]);
        await client.SendAsync(last.AsMemory(0, random.Next(1, last.Length)), end);
        if (random.Next(2) == 0)
        {
            client.Abort();
        }
    }
}
