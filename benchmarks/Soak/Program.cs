// Runs a server under clients of every kind, and checks its invariants. The exit status is 0 if all of them hold.
//
//   dotnet run -c Release --project benchmarks/Soak -- [--time SECONDS] [--connections COUNT]     30 seconds, 2,000 connections
//   dotnet run -c Release --project benchmarks/Soak -- --compare [--time SECONDS]                 the good clients' p99 with a crowd
//
// --epoll selects the epoll transport.
using UpgradeProtocols.Soak;

if (Crowd.Asked(args) is { } crowded)
{
    return await Crowd.BeAsync(crowded);
}

var time = TimeSpan.FromSeconds(30);
var connections = 2000;
var compares = false;
var onEpoll = false;
for (var i = 0; i < args.Length; i++)
{
    switch (args[i])
    {
        case "--time" when i + 1 < args.Length && int.TryParse(args[i + 1], out var seconds) && seconds > 0:
            (time, i) = (TimeSpan.FromSeconds(seconds), i + 1);
            break;
        case "--connections" when i + 1 < args.Length && int.TryParse(args[i + 1], out var count) && count >= 20:
            (connections, i) = (count, i + 1);
            break;
        case "--compare":
            compares = true;
            break;
        case "--epoll":
            onEpoll = true;
            break;
        default:
            Console.Error.WriteLine("Soak [--epoll] [--time SECONDS] [--connections COUNT (at least 20)] | Soak --compare [--epoll] [--time SECONDS]");
            return 2;
    }
}

if (!compares)
{
    // This must run before the first array is rented. Otherwise the shared pool keeps arrays of every size for each core, and the
    // heap size doesn't separate used arrays from pooled ones.
    Environment.SetEnvironmentVariable("DOTNET_SYSTEM_BUFFERS_SHAREDARRAYPOOL_MAXARRAYSPERPARTITION", "1");
}

PoisonedPool.Install();
await using var server = await SoakServer.StartAsync(onEpoll);
return compares ? await CrowdComparison.RunAsync(server, time) : await SoakRun.RunAsync(server, time, connections);
