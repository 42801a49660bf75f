using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

namespace UpgradeProtocols.Lab;

/// <summary>A server, pinned to a core.</summary>
internal sealed class ServerProcess : IDisposable
{
    private readonly Process _process;

    private ServerProcess(Process process) => _process = process;

    public int Id => _process.Id;

    public static async Task<ServerProcess> StartAsync(int core, string command, string[] arguments, int port, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("taskset") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["-c", core.ToString(CultureInfo.InvariantCulture), command, .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        var server = new ServerProcess(Process.Start(start)!);
        server._process.BeginOutputReadLine();
        server._process.BeginErrorReadLine();
        await server.WaitUntilListeningAsync(port, cancellationToken);
        return server;
    }

    /// <summary>Resident bytes after the server was told to collect its garbage (by SIGCONT, which does no harm to those that have none).</summary>
    public async Task<long> MeasureMemoryAsync(CancellationToken cancellationToken)
    {
        for (var i = 0; i < 3; i++)
        {
            using var signal = Process.Start("kill", ["-CONT", Id.ToString(CultureInfo.InvariantCulture)]);
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
