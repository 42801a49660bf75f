using System.Diagnostics;
using System.Globalization;

namespace UpgradeProtocols.Mutation;

/// <summary>
/// Runs test classes with a mutant, in a process that is used again as long as it is healthy: after a mutant that was found, the same
/// classes must pass without it.
/// </summary>
internal sealed class TestRunner(ScratchCopy scratch, string folder) : IDisposable
{
    public const int Failed = 1;
    public const int TimedOut = -1;
    public const int Crashed = -2;

    private const int MaxRuns = 60;

    private const int IdleSamples = 16;

    private Process? _process;
    private int _runs;

    /// <summary>The number of processes that were given up.</summary>
    public int GivenUp { get; private set; }

    /// <summary>The mutants that the last run reached, if it recorded them.</summary>
    public IReadOnlyList<int> Reached { get; private set; } = [];

    /// <summary>Runs classes with a mutant, until the first test fails.</summary>
    /// <returns>0, <see cref="Failed"/>, <see cref="TimedOut"/> or <see cref="Crashed"/>.</returns>
    public int Run(int mutant, IReadOnlyCollection<string> classes, TimeSpan limit)
    {
        if (++_runs > MaxRuns)
        {
            Dispose();
        }

        var code = RunOnce(mutant, classes, limit);
        if (code == Failed && RunOnce(0, classes, limit) != 0)
        {
            // Without the mutant the tests fail too: because of its effects, or by chance. A new process shows which.
            GiveUp();
            code = RunOnce(mutant, classes, limit);
        }

        if (code < 0)
        {
            GiveUp();
        }

        return code;
    }

    public void Dispose()
    {
        if (_process is { } process)
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            process.Dispose();
            (_process, _runs) = (null, 0);
        }
    }

    private void GiveUp()
    {
        GivenUp++;
        Dispose();
    }

    private int RunOnce(int mutant, IReadOnlyCollection<string> classes, TimeSpan limit)
    {
        var process = _process ??= Start();
        process.StandardInput.WriteLine($"{mutant} {string.Join(' ', classes)}");
        process.StandardInput.Flush();
        for (; ; )
        {
            var reading = process.StandardOutput.ReadLineAsync();
            if (!HasAnswered(process, reading, limit))
            {
                return TimedOut;
            }

            if (reading.Result is not { } line)
            {
                return Crashed;
            }

            if (line.StartsWith('#'))
            {
                var numbers = line[1..].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static text => int.Parse(text, CultureInfo.InvariantCulture)).ToList();
                Reached = numbers[1..];
                return numbers[0] == 0 ? 0 : Failed;
            }
        }
    }

    private Process Start()
    {
        Directory.CreateDirectory(folder);
        var start = new ProcessStartInfo("nice", ["-n", "15", "dotnet", scratch.PathOf("Framework.Tests/bin/Release/net10.0/UpgradeProtocols.Tests.dll")])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var process = Process.Start(start)!;
        var log = Path.Combine(folder, "last.txt");
        File.Delete(log);
        process.ErrorDataReceived += (_, data) =>
        {
            lock (log)
            {
                File.AppendAllText(log, data.Data + "\n");
            }
        };
        process.BeginErrorReadLine();
        return process;
    }

    // The limit is one of processor time, because the machine may be busy. A process whose threads all wait for some seconds hangs.
    private static bool HasAnswered(Process process, Task reading, TimeSpan limit)
    {
        var start = UsageOf(process);
        var samples = 0;
        while (!reading.Wait(250))
        {
            samples = IsWaiting(process) ? samples + 1 : 0;
            if (samples > IdleSamples || UsageOf(process) - start > limit)
            {
                return false;
            }
        }

        return true;
    }

    // The third field of a thread's stat is its state, behind its name in parentheses: R runs, or waits for a processor.
    private static bool IsWaiting(Process process)
    {
        try
        {
            return !Directory.EnumerateDirectories($"/proc/{process.Id}/task")
                .Select(static thread => File.ReadAllText(Path.Combine(thread, "stat")))
                .Any(static stat => stat[(stat.LastIndexOf(')') + 2)..][0] is 'R' or 'D');
        }
        catch (IOException)
        {
            // A thread has ended meanwhile.
            return false;
        }
    }

    private static TimeSpan UsageOf(Process process)
    {
        try
        {
            process.Refresh();
            return process.TotalProcessorTime;
        }
        catch (InvalidOperationException)
        {
            // It has ended meanwhile.
            return TimeSpan.Zero;
        }
    }
}
