using System.ComponentModel;
using System.Diagnostics;

namespace RemoteConsole;

/// <summary>A process and its three streams. The process and its child processes end with the connection.</summary>
internal sealed class RunningProgram : IAsyncDisposable
{
    private const int BufferSize = 16 * 1024;

    private readonly Process _process;

    private RunningProgram(Process process) => _process = process;

    public static RunningProgram Start(string[] command)
    {
        // A list of arguments, not a command line: no shell parses it.
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        return new RunningProgram(Process.Start(start)!);
    }

    /// <summary>Writes to the program's input. Ignores the bytes if the program has exited or has closed its input.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            await _process.StandardInput.BaseStream.WriteAsync(bytes, cancellationToken);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The output and the exit code show how the program ended.
        }
    }

    /// <summary>Ends the program's input.</summary>
    public void EndInput() => _process.StandardInput.BaseStream.Close();

    /// <summary>Forwards the program's output until it ends. The next read waits for the receiver.</summary>
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
            // The process has exited already.
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
