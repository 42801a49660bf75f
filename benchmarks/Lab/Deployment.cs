using System.Globalization;

namespace UpgradeProtocols.Lab;

/// <summary>
/// The running processes of a contender, pinned to the first core after the warm-up: one server; or two nodes, with a Redis between
/// them that shares the second core with the load client.
/// </summary>
internal sealed class Deployment : IDisposable
{
    private const string RedisServer = "redis-server";
    private const int ServersCore = 0;
    private const int ClientsCore = 1;

    // Added to the contender's own port.
    private const int PublishersPort = 100;
    private const int RedisPort = 200;

    private readonly List<ServerProcess> _servers = [];
    private ServerProcess? _redis;

    private Deployment(Contender contender) => Contender = contender;

    public Contender Contender { get; }

    /// <summary>The server to which the load client's receivers connect.</summary>
    public ServerProcess Server => _servers[0];

    /// <summary>Whether the machine has the tools for two nodes.</summary>
    public static bool HasRedis => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, RedisServer)));

    /// <summary>The load client's arguments for the address and for the processes whose CPU time it counts.</summary>
    public string[] ClientArguments =>
    [
        "--port", Text(Contender.Port), "--pid", string.Join(',', _servers.Select(server => Text(server.Id))),
        .. (string[])(_redis is null ? [] : ["--publish-port", Text(Contender.Port + PublishersPort), "--broker", Text(_redis.Id)]),
    ];

    public static async Task<Deployment> StartAsync(Contender contender, WorkKind kind, CancellationToken cancellationToken)
    {
        var deployment = new Deployment(contender);
        try
        {
            await (kind == WorkKind.TwoNodes ? deployment.StartNodesAsync(cancellationToken) : deployment.StartServerAsync(contender.Port, [], cancellationToken));
            return deployment;
        }
        catch
        {
            deployment.Dispose();
            throw;
        }
    }

    public Task PinAsync(CancellationToken cancellationToken) => Task.WhenAll(_servers.Select(server => server.PinAsync(ServersCore, cancellationToken)));

    public void Dispose()
    {
        foreach (var server in _servers)
        {
            server.Dispose();
        }

        _redis?.Dispose();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private async Task StartNodesAsync(CancellationToken cancellationToken)
    {
        var redis = Contender.Port + RedisPort;
        _redis = await ServerProcess.StartAsync(
            RedisServer, ["--port", Text(redis), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"], redis, cancellationToken);
        await _redis.PinAsync(ClientsCore, cancellationToken);
        foreach (var port in (int[])[Contender.Port, Contender.Port + PublishersPort])
        {
            await StartServerAsync(port, [$"--urls=http://127.0.0.1:{Text(port)}", $"--redis=127.0.0.1:{Text(redis)}"], cancellationToken);
        }
    }

    private async Task StartServerAsync(int port, string[] arguments, CancellationToken cancellationToken) =>
        _servers.Add(await ServerProcess.StartAsync(Contender.Command, [.. Contender.Arguments, .. arguments], port, cancellationToken));
}
