using System.ComponentModel;
using System.Diagnostics;

namespace RemoteConsole;

/// <summary>A process and its three streams. It ends with its connection, and so does what it has started.</summary>
internal sealed class RunningProgram : IAsyncDisposable
{
    private const int BufferSize = 16 * 1024;

    private readonly Process _process;

    private RunningProgram(Process process) => _process = process;

    public static RunningProgram Start(string[] command)
    {
        // A list of arguments, not a line: no shell takes it apart.
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        return new RunningProgram(Process.Start(start)!);
    }

    /// <summary>Gives the program input. It may have ended already, or have closed its input: then it wants no more.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            await _process.StandardInput.BaseStream.WriteAsync(bytes, cancellationToken);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // Its output and its exit code tell what became of it.
        }
    }

    /// <summary>Ends the program's input.</summary>
    public void EndInput() => _process.StandardInput.BaseStream.Close();

    /// <summary>Hands on what the program writes until it writes no more. The next read waits for the receiver.</summary>
    public async Task<int> RunAsync(
        Func<ReadOnlyMemory<byte>, ValueTask> output, Func<ReadOnlyMemory<byte>, ValueTask> errors, CancellationToken cancellationToken)
    {
        await Task.WhenAll(
            PumpAsync(_process.StandardOutput.BaseStream, output, cancellationToken),
            PumpAsync(_process.StandardError.BaseStream, errors, cancellationToken));
        await _process.WaitForExitAsync(cancellationToken);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // It has ended of itself.
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static async Task PumpAsync(Stream from, Func<ReadOnlyMemory<byte>, ValueTask> to, CancellationToken cancellationToken)
    {
        var buffer = new byte[BufferSize];
        int count;
        while ((count = await from.ReadAsync(buffer, cancellationToken)) > 0)
        {
            await to(buffer.AsMemory(0, count));
        }
    }
}
