using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace UpgradeProtocols.Soak;

/// <summary>Clients that follow the rules and check the server. They use .NET's own client, an independent implementation.</summary>
internal sealed class GoodClients(Uri address, Tally tally)
{
    private const int InFlight = 8;

    /// <summary>Sends numbered messages of all sizes, some while others are in flight. Each must come back complete and in order.</summary>
    public async Task EchoAsync(int number, CancellationToken end)
    {
        using var socket = await ConnectAsync("/echo", number);
        using var room = new SemaphoreSlim(InFlight);
        var total = int.MaxValue;
        var sends = SendAllAsync();
        for (var i = 0; await ReceiveAsync(socket) is { } received; i++)
        {
            tally.Received();
            var expected = Message(number, i);
            if (received.Type != TypeOf(i) || !received.Bytes.AsSpan().SequenceEqual(expected))
            {
                tally.Fail($"Echo client {number}: message {i} of {expected.Length} bytes came back changed ({received.Bytes.Length} bytes).");
            }

            room.Release();
            if (i + 1 == Volatile.Read(ref total))
            {
                await sends;
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None);
            }
        }

        CheckClose(socket, number);

        async Task SendAllAsync()
        {
            var random = new Random(number);
            for (var sent = 0; ; sent++)
            {
                await room.WaitAsync(CancellationToken.None);
                var isLast = end.IsCancellationRequested;
                if (isLast)
                {
                    Volatile.Write(ref total, sent + 1);
                }

                tally.Sent();
                await socket.SendAsync(Message(number, sent), TypeOf(sent), endOfMessage: true, CancellationToken.None);
                if (isLast)
                {
                    return;
                }

                await PauseAsync(random.Next(50, 350), end);
            }
        }
    }

    /// <summary>Repeatedly connects, sends a few messages, and disconnects.</summary>
    public async Task ReconnectAsync(int number, CancellationToken end)
    {
        var random = new Random(number);
        while (!end.IsCancellationRequested)
        {
            using var brief = new CancellationTokenSource(random.Next(100, 3000));
            using var either = CancellationTokenSource.CreateLinkedTokenSource(brief.Token, end);
            await EchoAsync(number, either.Token);
            await PauseAsync(random.Next(10, 1000), end);
        }
    }

    /// <summary>Receives all ticks in order, starting with its first one, and the replies to its own requests.</summary>
    public async Task FollowAsync(int number, CancellationToken end)
    {
        using var socket = await ConnectAsync("/ticks", number);
        long last = -1, asked = 0, answered = 0;
        var isClosing = false;
        while (await ReceiveAsync(socket) is { } received)
        {
            using var message = JsonDocument.Parse(received.Bytes);
            var value = message.RootElement.GetProperty("data").GetProperty("number").GetInt64();
            tally.Received();
            if (!message.RootElement.GetProperty("type").ValueEquals("tick"))
            {
                if (value != 2 * ++answered)
                {
                    tally.Fail($"Follower {number}: received reply {value}, expected {2 * answered}.");
                }

                continue;
            }

            if (last >= 0 && value != last + 1)
            {
                tally.Fail($"Follower {number}: tick {value} arrived after {last}.");
            }

            last = value;
            if (isClosing)
            {
                continue;
            }

            if (!end.IsCancellationRequested && value % 10 == number % 10)
            {
                asked++;
                tally.Sent();
                var ask = string.Create(CultureInfo.InvariantCulture, $$"""{"type":"double","id":{{asked}},"data":{"number":{{asked}} } }""");
                await socket.SendAsync(Encoding.UTF8.GetBytes(ask), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
            }
            else if (end.IsCancellationRequested && answered == asked)
            {
                isClosing = true;
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None);
            }
        }

        CheckClose(socket, number);
    }

    /// <summary>Sends requests at a constant rate, and measures the latency of each reply.</summary>
    public async Task MeasureAsync(int number, List<double> milliseconds, CancellationToken end)
    {
        using var socket = await ConnectAsync("/echo", 2 * number);
        var message = new byte[100];
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        try
        {
            while (await pace.WaitForNextTickAsync(end))
            {
                var start = Stopwatch.GetTimestamp();
                await socket.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
                _ = await ReceiveAsync(socket);
                milliseconds.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }
        }
        catch (OperationCanceledException)
        {
            // The measurement has ended.
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None);
    }

    private static WebSocketMessageType TypeOf(int index) => index % 3 == 0 ? WebSocketMessageType.Text : WebSocketMessageType.Binary;

    // Most messages are small. A text message repeats one letter; half of a binary message is random.
    private static byte[] Message(int client, int index)
    {
        var random = new Random(HashCode(client, index));
        var size = random.Next(100) switch { 0 => random.Next(500_000), < 10 => random.Next(60_000), _ => random.Next(1000) };
        var message = new byte[size];
        if (index % 3 != 0)
        {
            random.NextBytes(message.AsSpan(size / 2));
        }
        else
        {
            message.AsSpan().Fill((byte)('a' + (index % 26)));
        }

        return message;
    }

    private static int HashCode(int client, int index) => (client * 1_000_003) ^ index;

    private static async Task PauseAsync(int milliseconds, CancellationToken end)
    {
        try
        {
            await Task.Delay(milliseconds, end);
        }
        catch (OperationCanceledException)
        {
            // The run ended before that.
        }
    }

    private static async Task<(WebSocketMessageType Type, byte[] Bytes)?> ReceiveAsync(ClientWebSocket socket)
    {
        var message = new ArrayBufferWriter<byte>();
        while (true)
        {
            var result = await socket.ReceiveAsync(message.GetMemory(4096), CancellationToken.None);
            message.Advance(result.Count);
            if (result.MessageType == WebSocketMessageType.Close)
            {
                return null;
            }

            if (result.EndOfMessage)
            {
                return (result.MessageType, message.WrittenSpan.ToArray());
            }
        }
    }

    private async Task<ClientWebSocket> ConnectAsync(string path, int number)
    {
        var socket = new ClientWebSocket();
        if (number % 2 == 1)
        {
            socket.Options.DangerousDeflateOptions = new WebSocketDeflateOptions
            {
                ClientContextTakeover = number % 4 == 1,
                ServerContextTakeover = number % 8 < 4,
            };
        }

        await socket.ConnectAsync(new UriBuilder(address) { Scheme = "ws", Path = path }.Uri, CancellationToken.None);
        return socket;
    }

    private void CheckClose(ClientWebSocket socket, int number)
    {
        if (socket.CloseStatus != WebSocketCloseStatus.NormalClosure)
        {
            tally.Fail($"Client {number} was closed with {socket.CloseStatus} {socket.CloseStatusDescription}.");
        }
    }
}

/// <summary>The results of the good clients.</summary>
internal sealed class Tally
{
    private readonly System.Collections.Concurrent.ConcurrentQueue<string> _failures = new();
    private long _failed;
    private long _sent;
    private long _received;
    private long _conversations;
    private long _foreign;

    public long SentCount => Interlocked.Read(ref _sent);

    public long ReceivedCount => Interlocked.Read(ref _received);

    public long ConversationCount => Interlocked.Read(ref _conversations);

    /// <summary>The number of chunks from another connection.</summary>
    public long ForeignChunks => Interlocked.Read(ref _foreign);

    /// <summary>The number of failures.</summary>
    public long FailedCount => Interlocked.Read(ref _failed);

    /// <summary>The first failures.</summary>
    public IReadOnlyCollection<string> Failures => _failures;

    public void Sent() => Interlocked.Increment(ref _sent);

    public void Received() => Interlocked.Increment(ref _received);

    public void Conversed() => Interlocked.Increment(ref _conversations);

    public void Foreign(string what)
    {
        Interlocked.Increment(ref _foreign);
        Fail(what);
    }

    public void Fail(string what)
    {
        // Thousands may fail for one reason, and the first ones show it.
        if (Interlocked.Increment(ref _failed) <= 100)
        {
            _failures.Enqueue(what);
        }
    }

    /// <summary>Runs a client and records its exceptions as failures.</summary>
    public async Task WatchAsync(string name, Task client)
    {
        try
        {
            await client;
        }
        catch (Exception e)
        {
            Fail($"{name}: {e.GetType().Name}: {e.Message} {e.InnerException?.Message}");
        }
    }
}
