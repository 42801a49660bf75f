using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace UpgradeProtocols.ScaleOut;

/// <summary>Runs with a Redis that crashes, floods a node, or doesn't respond.</summary>
internal static class Chaos
{
    private static readonly int s_port = FreePort();

    private static readonly string s_address = $"127.0.0.1:{s_port}";

    public static Task RunAsync(string[] args) => args[0] switch
    {
        "--chaos" => DieAsync(args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 16),
        "--flood" => FloodAsync(args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : null),
        "--stop" => StopAsync(),
        _ => throw new ArgumentException($"The option '{args[0]}' is unknown. Use --chaos, --flood or --stop."),
    };

    // Sends a push every 40 ms while Redis is killed and restarted. No queued push may be lost.
    private static async Task DieAsync(int cycles)
    {
        var redis = await StartRedisAsync();
        var heard = new ConcurrentQueue<int>();
        await using var one = await Node.StartAsync(s_address, Keep);
        await using var two = await Node.StartAsync(s_address, Keep);
        two.Written = frame => heard.Enqueue(NumberIn(frame));
        await two.ConnectAsync("room");
        await MeetAsync(one, two);
        var (next, spoiled) = (0, 0);
        var random = new Random(7);
        for (var cycle = 1; cycle <= cycles; cycle++)
        {
            heard.Clear();
            var (queued, published, refused) = (new List<int>(), new List<int>(), 0);
            var dead = 1 + (2.5 * random.NextDouble());
            var clock = Stopwatch.StartNew();
            var back = dead + 6;
            for (var state = 0; clock.Elapsed.TotalSeconds < back + 2; await Task.Delay(40))
            {
                if (state == 0 && clock.Elapsed.TotalSeconds > 0.5)
                {
                    redis.Kill();
                    await redis.WaitForExitAsync();
                    state = 1;
                }
                else if (state == 1 && clock.Elapsed.TotalSeconds > 0.5 + dead)
                {
                    redis = await StartRedisAsync();
                    state = 2;
                }

                var result = await one.Clients.Group("room").ToldAsync(new News($"#{next}#"));
                if (result.Outcome == SendOutcome.Queued)
                {
                    queued.Add(next);
                }
                else if (result.IsPublished)
                {
                    published.Add(next);
                }
                else
                {
                    refused++;
                }

                next++;
            }

            var got = heard.ToArray();
            var lost = queued.Except(got).Count();
            spoiled += lost > 0 ? 1 : 0;
            Console.WriteLine(
                $"cycle {cycle,2}: away {dead:F1} s; queued {queued.Count}, of them lost {lost}; published {published.Count}, of them lost {published.Except(got).Count()}; " +
                $"refused {refused}; doubled {got.Length - got.Distinct().Count()}; in order {got.SequenceEqual(got.Order())}; status Lost {one.Status!.Lost}");
        }

        Console.WriteLine($"{spoiled} of {cycles} cycles lost messages that were queued");
        redis.Kill();
    }

    // 240,000 pushes in 5 seconds to 600 members that don't read. Their own queues take memory too; with a smaller limit, the
    // measured memory is the backlog.
    private static async Task FloodAsync(int? maxOutboundBytes)
    {
        var redis = await StartRedisAsync();
        await using var one = await Node.StartAsync(s_address);
        await using var two = await Node.StartAsync(s_address, maxOutboundBytes: maxOutboundBytes);
        for (var i = 0; i < 600; i++)
        {
            await two.ConnectAsync("room", reads: false);
        }

        await MeetAsync(one, two);
        var news = new News(new string('x', 300));
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var most = before;
        var clock = Stopwatch.StartNew();
        var refused = 0;
        for (var i = 0; i < 240_000; i++)
        {
            refused += (await one.Clients.Group("room").FloodedAsync(news)).IsPublished ? 0 : 1;
            while (i / 48_000.0 > clock.Elapsed.TotalSeconds)
            {
                await Task.Delay(1);
            }

            if (i % 24_000 == 0)
            {
                most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true));
            }
        }

        var sent = clock.Elapsed;
        var after = GC.GetTotalMemory(forceFullCollection: true);
        Console.WriteLine($"published in {sent.TotalSeconds:F1} s ({refused} refused); heap {before >> 20} MB before, {Math.Max(most, after) >> 20} MB at most, {after >> 20} MB at the end; {two.Status}");
        redis.Kill();
    }

    // Stops a node while Redis doesn't respond.
    private static async Task StopAsync()
    {
        var redis = await StartRedisAsync();
        foreach (var seconds in (int[])[0, 4])
        {
            var node = await Node.StartAsync(s_address);
            while (node.Status is not { IsConnected: true })
            {
                await Task.Delay(20);
            }

            await SignalAsync(redis, "STOP");
            await Task.Delay(TimeSpan.FromSeconds(seconds));
            var clock = Stopwatch.StartNew();
            await node.DisposeAsync();
            Console.WriteLine($"stopped in {clock.ElapsedMilliseconds} ms, {seconds} s after Redis stopped responding");
            await SignalAsync(redis, "CONT");
        }

        redis.Kill();
    }

    private static void Keep(BackplaneOptions options) => options.BufferBytes = 16 * 1024 * 1024;

    private static async Task MeetAsync(Node one, Node two)
    {
        while (one.Status is not { IsConnected: true, OtherNodes: 1 } || two.Status is not { IsConnected: true, OtherNodes: 1 })
        {
            await Task.Delay(50);
        }
    }

    private static int NumberIn(ReadOnlySpan<byte> frame)
    {
        var text = Encoding.UTF8.GetString(frame).Split('#');
        return text.Length == 3 ? int.Parse(text[1], CultureInfo.InvariantCulture) : -1;
    }

    private static async Task<Process> StartRedisAsync()
    {
        var redis = Process.Start(new ProcessStartInfo("redis-server", ["--port", $"{s_port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
        {
            RedirectStandardOutput = true,
        })!;
        redis.OutputDataReceived += static (_, _) => { };
        redis.BeginOutputReadLine();
        while (true)
        {
            try
            {
                using var client = new TcpClient("127.0.0.1", s_port);
                return redis;
            }
            catch (SocketException)
            {
                await Task.Delay(20);
            }
        }
    }

    private static async Task SignalAsync(Process process, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]);
        await kill.WaitForExitAsync();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
