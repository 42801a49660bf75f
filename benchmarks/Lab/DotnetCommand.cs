using System.Diagnostics;

namespace UpgradeProtocols.Lab;

/// <summary>Builds a program immediately before its measurement.</summary>
internal static class DotnetCommand
{
    public static async Task RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("dotnet", [.. arguments, "-c", "Release", "-nodeReuse:false", "-v", "quiet"]) { RedirectStandardOutput = true };
        using var dotnet = Process.Start(start)!;
        var output = await dotnet.StandardOutput.ReadToEndAsync(cancellationToken);
        await dotnet.WaitForExitAsync(cancellationToken);
        if (dotnet.ExitCode != 0)
        {
            throw new InvalidOperationException($"dotnet {string.Join(' ', arguments)} failed:\n{output}");
        }
    }
}
