using System.Diagnostics;
using System.Threading.Channels;

namespace UpgradeProtocols.Tests.EndToEnd;

/// <summary>A program whose lines are read as it writes them.</summary>
internal sealed class ConsoleProgram : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Channel<string?> _lines = Channel.CreateUnbounded<string?>();

    public ConsoleProgram(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => _lines.Writer.TryWrite(line.Data);
        _process.ErrorDataReceived += (_, line) => _lines.Writer.TryWrite(line.Data is null ? "" : "error: " + line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Waits for a line that has the text in it.</summary>
    public async Task<string> LineAsync(string text)
    {
        var before = new List<string>();
        while (true)
        {
            var line = await _lines.Reader.ReadAsync().AsTask().WaitAsync(Patience.Limit)
                ?? throw new InvalidOperationException($"The program ended without '{text}':\n{string.Join('\n', before)}");
            if (line.Contains(text, StringComparison.Ordinal))
            {
                return line;
            }

            before.Add(line);
        }
    }

    public async Task<int> ExitCodeAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Patience.Limit);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }
}
