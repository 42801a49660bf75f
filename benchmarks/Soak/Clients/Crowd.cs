using System.Diagnostics;
using System.Reflection;

namespace UpgradeProtocols.Soak;

/// <summary>
/// A crowd of bad clients in a separate process with the lowest priority: real clients have their timers, garbage and system calls
/// on other machines, and this run measures only how much the crowd slows down the server.
/// </summary>
internal sealed class Crowd : IAsyncDisposable
{
    private const string Option = "--crowd";
    private readonly Process _process;

    private Crowd(Process process) => _process = process;

    /// <summary>Starts the process, and returns when all clients are connected.</summary>
    public static async Task<Crowd> StartAsync(Uri address)
    {
        var start = new ProcessStartInfo("nice", ["-n", "19", "dotnet", Assembly.GetExecutingAssembly().Location, Option, address.ToString()])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        var crowd = new Crowd(Process.Start(start)!);
        await crowd._process.StandardOutput.ReadLineAsync();
        return crowd;
    }

    /// <summary>Returns the server's address if this process must run the crowd.</summary>
    public static Uri? Asked(string[] args) => args is [Option, { } address] ? new Uri(address) : null;

    /// <summary>Runs the crowd until the standard input ends.</summary>
    public static async Task<int> BeAsync(Uri address)
    {
        using var end = new CancellationTokenSource();
        var clients = new List<Task>();
        for (var i = 0; i < 1000; i++)
        {
            clients.Add(BadClients.RepeatAsync(BadClients.TrickleAsync, address, i, end.Token));
            clients.Add(BadClients.RepeatAsync(BadClients.BeSilentAsync, address, i, end.Token));
            if (i % 10 == 0)
            {
                clients.Add(BadClients.RepeatAsync(BadClients.NeverReadAsync, address, i, end.Token));
                await Task.Delay(10, CancellationToken.None);
            }
        }

        // After this delay, backpressure stops the clients that never read.
        await Task.Delay(5000, CancellationToken.None);
        Console.WriteLine("all clients are connected");
        await Console.In.ReadToEndAsync(CancellationToken.None);
        await end.CancelAsync();
        await Task.WhenAll(clients);
        return 0;
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
