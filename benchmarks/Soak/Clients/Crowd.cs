using System.Diagnostics;
using System.Reflection;

namespace UpgradeProtocols.Soak;

/// <summary>
/// A crowd of bad clients. It runs in its own process with the lowest priority: in production, a crowd's timers, garbage and system calls
/// are on other machines. The question here is how much the crowd delays the server.
/// </summary>
internal sealed class Crowd : IAsyncDisposable
{
    private const string Option = "--crowd";
    private readonly Process _process;

    private Crowd(Process process) => _process = process;

    /// <summary>Starts the process, and returns when all have come.</summary>
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

    /// <summary>The target address, if this process is the crowd.</summary>
    public static Uri? Asked(string[] args) => args is [Option, { } address] ? new Uri(address) : null;

    /// <summary>Is the crowd until the standard input ends.</summary>
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

        // Those that never read are held up by now.
        await Task.Delay(5000, CancellationToken.None);
        Console.WriteLine("all are there");
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
