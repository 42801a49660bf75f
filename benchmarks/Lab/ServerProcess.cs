using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

namespace UpgradeProtocols.Lab;

/// <summary>
/// A server that is configured for one core. It is pinned after the warm-up. Before that, background compilation may use another
/// core; on a single busy core, compilation takes minutes.
/// </summary>
internal sealed class ServerProcess : IDisposable
{
    private readonly Process _process;

    private ServerProcess(Process process) => _process = process;

    public int Id => _process.Id;

    public static async Task<ServerProcess> StartAsync(string command, string[] arguments, int port, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(command, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOTNET_PROCESSOR_COUNT"] = "1";
        start.Environment["GOMAXPROCS"] = "1";
        var server = new ServerProcess(Process.Start(start)!);
        server._process.BeginOutputReadLine();
        server._process.BeginErrorReadLine();
        await server.WaitUntilListeningAsync(port, cancellationToken);
        return server;
    }

    /// <summary>Pins all threads of the process, and those that they start, to a core.</summary>
    public async Task PinAsync(int core, CancellationToken cancellationToken)
    {
        using var taskset = Process.Start(
            new ProcessStartInfo("taskset", ["-a", "-c", "-p", Text(core), Text(Id)]) { RedirectStandardOutput = true })!;
        await taskset.StandardOutput.ReadToEndAsync(cancellationToken);
        await taskset.WaitForExitAsync(cancellationToken);
    }

    /// <summary>Returns the resident bytes after a garbage collection (by SIGCONT, which has no effect on servers without one).</summary>
    public async Task<long> MeasureMemoryAsync(CancellationToken cancellationToken)
    {
        for (var i = 0; i < 3; i++)
        {
            using var signal = Process.Start("kill", ["-CONT", Text(Id)]);
            await signal.WaitForExitAsync(cancellationToken);
            await Task.Delay(700, cancellationToken);
        }

        var line = (await File.ReadAllLinesAsync($"/proc/{Id}/status", cancellationToken)).First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line["VmRSS:".Length..^"kB".Length], CultureInfo.InvariantCulture) * 1024;
    }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private async Task WaitUntilListeningAsync(int port, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync("127.0.0.1", port, cancellationToken);
                return;
            }
            catch (SocketException) when (!_process.HasExited && clock.Elapsed < TimeSpan.FromSeconds(20))
            {
                await Task.Delay(100, cancellationToken);
            }
        }
    }
}
