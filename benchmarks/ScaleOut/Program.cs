// Two nodes over one Redis, with their clients in memory; see docs/scale-out.md.
//   redis-server --port 6390 --save '' &
//   dotnet run -c Release --project benchmarks/ScaleOut -- localhost:6390 [groups] [members of each] [messages] [payload bytes]
// Tests in which Redis crashes, floods a node, or doesn't respond; each starts its own redis-server:
//   dotnet run -c Release --project benchmarks/ScaleOut -- --chaos [cycles] | --flood [MaxOutboundBytes] | --stop
using System.Diagnostics;
using System.Globalization;
using StackExchange.Redis;
using UpgradeProtocols.ScaleOut;

if (args is [['-', '-', ..], ..])
{
    await Chaos.RunAsync(args);
    return;
}

var address = args.ElementAtOrDefault(0) ?? "localhost:6379";
var (groups, members, messages, size) = (Number(1, 100), Number(2, 1000), Number(3, 20_000), Number(4, 64));
await using var redis = await ConnectionMultiplexer.ConnectAsync($"{address},allowAdmin=true");
var server = redis.GetServer(redis.GetEndPoints()[0]);
await using var one = await Node.StartAsync(address);
await using var two = await Node.StartAsync(address);
while (one.Status is not { IsConnected: true, OtherNodes: 1 } || two.Status is not { IsConnected: true, OtherNodes: 1 })
{
    await Task.Delay(50);
}

var memoryBefore = await RedisAsync("used_memory");
for (var group = 0; group < groups; group++)
{
    for (var member = 0; member < members; member++)
    {
        await (member % 2 == 0 ? one : two).ConnectAsync($"group-{group}");
    }
}

var subscribing = await RedisAsync("used_memory") - memoryBefore;
Console.WriteLine($"{groups} groups x {members} members on two nodes; payload of {size} bytes");
Console.WriteLine($"Redis memory for a subscription: {subscribing / (groups * 2.0):F0} bytes");
var text = new News(new string('x', size));
await RunAsync(Math.Min(messages, 2000));

var (input, output, cpuOfRedis) = (await RedisAsync("total_net_input_bytes"), await RedisAsync("total_net_output_bytes"), await CpuOfRedisAsync());
var cpu = Process.GetCurrentProcess().TotalProcessorTime;
var (seconds, delivered, unpublished) = await RunAsync(messages);
cpu = Process.GetCurrentProcess().TotalProcessorTime - cpu;
cpuOfRedis = await CpuOfRedisAsync() - cpuOfRedis;
input = await RedisAsync("total_net_input_bytes") - input;
output = await RedisAsync("total_net_output_bytes") - output;

Console.WriteLine($"{messages} messages in {seconds:F2} s; {delivered} delivered; {unpublished} refused");
Console.WriteLine($"published    {messages / seconds:F0} messages/s; delivered {delivered / seconds:F0} messages/s");
Console.WriteLine($"CPU of nodes {cpu.TotalMicroseconds / messages:F1} us per message, {cpu.TotalMicroseconds * 1000 / delivered:F0} ns per delivery: {delivered / cpu.TotalSeconds:F0} deliveries/s per core");
Console.WriteLine($"CPU of Redis {cpuOfRedis * 1_000_000 / messages:F1} us per message: {messages / cpuOfRedis:F0} messages/s per core");
Console.WriteLine($"on Redis     {(double)input / messages:F0} bytes in, {(double)output / messages:F0} bytes out per message (including the echo to the publisher)");

int Number(int index, int otherwise) => args.Length > index ? int.Parse(args[index], CultureInfo.InvariantCulture) : otherwise;

async Task<(double Seconds, long Delivered, int Unpublished)> RunAsync(int count)
{
    var start = one.Delivered + two.Delivered;
    var expected = (long)count * members;
    var unpublished = 0;
    var clock = Stopwatch.StartNew();
    for (var i = 0; i < count; i++)
    {
        var result = await (i % 2 == 0 ? one : two).Clients.Group($"group-{i % groups}").ToldAsync(text);
        unpublished += result.IsPublished ? 0 : 1;
        while (i % 64 == 0 && (one.Status!.UnacknowledgedBytes > 64 * 1024 || two.Status!.UnacknowledgedBytes > 64 * 1024))
        {
            await Task.Yield();
        }
    }

    while (one.Delivered + two.Delivered - start < expected - ((long)unpublished * members / 2) && clock.Elapsed < TimeSpan.FromSeconds(60))
    {
        await Task.Delay(1);
    }

    return (clock.Elapsed.TotalSeconds, one.Delivered + two.Delivered - start, unpublished);
}

async Task<long> RedisAsync(string name) => long.Parse(
    (await server.InfoAsync()).SelectMany(section => section).First(entry => entry.Key == name).Value, CultureInfo.InvariantCulture);

async Task<double> CpuOfRedisAsync() => (await server.InfoAsync("cpu")).SelectMany(section => section)
    .Where(entry => entry.Key is "used_cpu_sys" or "used_cpu_user").Sum(entry => double.Parse(entry.Value, CultureInfo.InvariantCulture));
