using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;
using UpgradeProtocols.Tests.EndToEnd;
using UpgradeProtocols.Tests.Transport;

namespace UpgradeProtocols.Tests.Backplane;

/// <summary>A server from a Debian package, for one test: on a free port, without files on disk.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private readonly string _program;
    private readonly Func<int, string[]> _arguments;
    private Process? _process;

    private ServerProcess(string program, Func<int, string[]> arguments)
    {
        _program = program;
        _arguments = arguments;
        Port = FreePort();
    }

    public int Port { get; }

    public string Address => $"127.0.0.1:{Port}";

    public static ServerProcess Redis(bool isCluster = false, string? password = null) => new(
        Find("redis-server"),
        port =>
        [
            "--port", Text(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no",
            .. (string[])(password is null ? [] : ["--requirepass", password]),
            .. (string[])(isCluster
                ? ["--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1", "--cluster-config-file", Path.Combine(Path.GetTempPath(), $"nodes-{port}.conf"), "--cluster-port", Text(FreePort())]
                : []),
        ]);

    public static ServerProcess Nats() => new(Find("nats-server"), port => ["-a", "127.0.0.1", "-p", Text(port)]);

    /// <summary>Connects a backplane to this Redis, with the tests' timeout.</summary>
    public RedisBackplane ConnectRedis(RedisSharding sharding = RedisSharding.Auto) => ConnectRedis(Address, sharding);

    /// <summary>Connects a backplane to an address, at which there may be another Redis or none.</summary>
    public static RedisBackplane ConnectRedis(string address, RedisSharding sharding = RedisSharding.Auto)
    {
        var configuration = ConfigurationOptions.Parse(address);
        configuration.AsyncTimeout = (int)Patience.Limit.TotalMilliseconds;
        return new RedisBackplane(new RedisBackplaneOptions(configuration) { Sharding = sharding }, NullLogger<RedisBackplane>.Instance);
    }

    public async Task StartAsync()
    {
        _process = Process.Start(Programs.Start(_program, _arguments(Port)))!;
        _process.OutputDataReceived += static (_, _) => { };
        _process.ErrorDataReceived += static (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await Eventually.TrueAsync(IsListening, $"{_program} listens on {Port}");
    }

    /// <summary>Forms a cluster of one server, which has all slots.</summary>
    public async Task FormClusterAsync()
    {
        for (var attempt = 1; ; attempt++)
        {
            var (exitCode, output) = await Programs.RunAsync(Programs.Start(Find("redis-cli"), "-p", Text(Port), "cluster", "addslotsrange", "0", "16383"));
            if (exitCode == 0 && output.Contains("OK", StringComparison.Ordinal))
            {
                return;
            }

            // Another process can take the port of the cluster bus between its choice and its use. Redis exits then, and gets another port.
            Assert.True(_process!.HasExited && attempt < 3, output);
            await StartAsync();
        }
    }

    /// <summary>Kills the process, like a power failure.</summary>
    public async Task KillAsync()
    {
        if (_process is { HasExited: false } process)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }
    }

    public Task PauseAsync() => SignalAsync("STOP");

    public Task ContinueAsync() => SignalAsync("CONT");

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process?.Dispose();
        File.Delete(Path.Combine(Path.GetTempPath(), $"nodes-{Port}.conf"));
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Find(string name)
    {
        var program = Programs.Find(name);
        Assert.SkipWhen(program is null, $"There is no {name}: apt-get install redis-server nats-server.");
        return program!;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task SignalAsync(string signal)
    {
        var (exitCode, output) = await Programs.RunAsync(new ProcessStartInfo("sh", ["-c", $"kill -{signal} {Text(_process!.Id)}"]));
        Assert.True(exitCode == 0, output);
    }

    private bool IsListening()
    {
        Assert.False(_process!.HasExited, $"{_program} has ended.");
        try
        {
            using var client = new TcpClient("127.0.0.1", Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
