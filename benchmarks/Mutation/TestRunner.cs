using System.Diagnostics;
using System.Globalization;

namespace UpgradeProtocols.Mutation;

/// <summary>Runs test classes in a process of their own.</summary>
internal sealed class TestRunner(ScratchCopy scratch, string folder)
{
    public const int TimedOut = -1;

    /// <summary>Runs classes with a mutant, until the first test fails.</summary>
    /// <returns>The exit code, or <see cref="TimedOut"/>.</returns>
    public int Run(int mutant, IEnumerable<string> classes, TimeSpan limit, string? reached = null)
    {
        Directory.CreateDirectory(folder);
        List<string> arguments =
        [
            "-n", "15", "dotnet", scratch.PathOf("Framework.Tests/bin/Release/net10.0/UpgradeProtocols.Tests.dll"),
            "--no-ansi", "--progress", "off", "--stop-on-fail", "on", "--results-directory", folder,
            "--filter-not-trait", "needs=browser", "--filter-not-trait", "needs=packing",
        ];
        foreach (var name in classes)
        {
            arguments.AddRange(["--filter-class", name]);
        }

        var (code, output) = Run("nice", arguments, folder, limit, ("MUTANT", mutant.ToString(CultureInfo.InvariantCulture)), ("MUTANT_REACHED", reached));
        File.WriteAllText(Path.Combine(folder, "last.txt"), output);
        return code;
    }

    public static (int Code, string Output) Run(
        string program, IEnumerable<string> arguments, string folder, TimeSpan limit, params (string Name, string? Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        var code = TimedOut;
        if (HasEnded(process, limit))
        {
            code = process.ExitCode;
        }
        else
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
        }

        // A process that a test started, and that outlives it, may hold the output open.
        return (code, Task.WaitAll([output, errors], TimeSpan.FromSeconds(5)) ? output.Result + errors.Result : "");
    }

    // A busy machine may need several times the limit. A process that uses no processor for some seconds hangs.
    private static bool HasEnded(Process process, TimeSpan limit)
    {
        var time = Stopwatch.StartNew();
        var (used, usedAt) = (TimeSpan.Zero, TimeSpan.Zero);
        while (!process.WaitForExit(500))
        {
            var usage = UsageOf(process) ?? used;
            if (usage - used > TimeSpan.FromMilliseconds(100))
            {
                (used, usedAt) = (usage, time.Elapsed);
            }

            if (time.Elapsed - usedAt > TimeSpan.FromSeconds(4) || used > limit * 4 || time.Elapsed > limit * 10)
            {
                return process.HasExited;
            }
        }

        return true;
    }

    private static TimeSpan? UsageOf(Process process)
    {
        try
        {
            process.Refresh();
            return process.TotalProcessorTime;
        }
        catch (InvalidOperationException)
        {
            // It has ended meanwhile.
            return null;
        }
    }
}
