using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace UpgradeProtocols.Tests.EndToEnd;

/// <summary>An example as a process of its own, started as a person starts it: from any folder, with <c>--urls</c>.</summary>
internal sealed partial class ExampleServer : IAsyncDisposable
{
    private readonly Process _process;
    private readonly List<string> _log = [];
    private readonly TaskCompletionSource<int> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ExampleServer(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Read(line.Data);
        _process.ErrorDataReceived += (_, line) => Read(line.Data);
    }

    public int Port { get; private set; }

    public Uri Address => new($"http://127.0.0.1:{Port}/");

    public Uri WebSocketAddress(string path) => new($"ws://127.0.0.1:{Port}{path}");

    /// <summary>The names of its threads, on Linux.</summary>
    public IEnumerable<string> ThreadNames =>
        Directory.GetDirectories($"/proc/{_process.Id}/task").Select(thread => File.ReadAllText(Path.Combine(thread, "comm")).TrimEnd());

    public string Log
    {
        get
        {
            lock (_log)
            {
                return string.Join('\n', _log);
            }
        }
    }

    /// <summary>Starts an example that was built with the tests, and waits until it listens.</summary>
    public static Task<ExampleServer> StartAsync(string example, int port = 0, params string[] arguments) =>
        StartProgramAsync(Programs.Example(example), port, arguments);

    public static async Task<ExampleServer> StartProgramAsync(string program, int port = 0, params string[] arguments)
    {
        var server = new ExampleServer(Programs.Start(program, ["--urls", $"http://127.0.0.1:{port}", .. arguments]));
        server._process.Start();
        server._process.BeginOutputReadLine();
        server._process.BeginErrorReadLine();
        try
        {
            server.Port = await server._listening.Task.WaitAsync(Patience.Limit);
            return server;
        }
        catch (Exception e)
        {
            var log = server.Log;
            await server.DisposeAsync();
            throw new InvalidOperationException($"{program} doesn't listen:\n{log}", e);
        }
    }

    /// <summary>Works like Ctrl+C.</summary>
    public async Task InterruptAsync() =>
        await Programs.RunAsync(new ProcessStartInfo("sh", ["-c", $"kill -INT {_process.Id.ToString(CultureInfo.InvariantCulture)}"]));

    /// <summary>Ends the server without notice to its clients.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
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
            await KillAsync();
        }

        _process.Dispose();
    }

    [GeneratedRegex(@"istening on:? http://[^ ]*:(\d+)")]
    private static partial Regex Listening();

    private void Read(string? line)
    {
        if (line is null)
        {
            _listening.TrySetException(new InvalidOperationException("The process ended."));
            return;
        }

        lock (_log)
        {
            _log.Add(line);
        }

        if (Listening().Match(line) is { Success: true } match)
        {
            _listening.TrySetResult(int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture));
        }
    }
}

/// <summary>Finds and starts programs.</summary>
internal static class Programs
{
    private static readonly string DotnetRoot = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../.."));

    public static string Example(string name)
    {
        var file = Path.Combine(Metadata("Tests.Folder"), "../examples", name, "bin", Metadata("Tests.Configuration"), "net10.0", name);
        return Path.GetFullPath(OperatingSystem.IsWindows() ? file + ".exe" : file);
    }

    public static string TestFile(string name) => Path.Combine(Metadata("Tests.Folder"), "EndToEnd", name);

    public static string? Find(params string[] names) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .SelectMany(folder => names.Select(name => Path.Combine(folder, OperatingSystem.IsWindows() ? name + ".exe" : name)))
            .FirstOrDefault(File.Exists);

    public static ProcessStartInfo Start(string program, params string[] arguments)
    {
        // Where the tests run in the background, a shell has them ignore Ctrl+C, and programs inherit that.
        var start = OperatingSystem.IsLinux()
            ? new ProcessStartInfo("env", ["--default-signal=INT", program, .. arguments])
            : new ProcessStartInfo(program, arguments);
        start.WorkingDirectory = Path.GetTempPath();
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.Environment["DOTNET_ROOT"] = DotnetRoot;
        foreach (var name in (string[])["URLS", "ASPNETCORE_URLS", "DOTNET_URLS"])
        {
            start.Environment.Remove(name);
        }

        return start;
    }

    /// <summary>Runs a program to its end.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(ProcessStartInfo start, string? input = null, TimeSpan? longest = null)
    {
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        using var process = Process.Start(start)!;
        using var patience = new CancellationTokenSource(longest ?? Patience.Limit);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(patience.Token);
            var errors = process.StandardError.ReadToEndAsync(patience.Token);
            await process.StandardInput.WriteAsync(input.AsMemory(), patience.Token);
            process.StandardInput.Close();
            await process.WaitForExitAsync(patience.Token);
            return (process.ExitCode, await output + await errors);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    public static string Metadata(string key) => typeof(Programs).Assembly
        .GetCustomAttributes(typeof(System.Reflection.AssemblyMetadataAttribute), inherit: false)
        .Cast<System.Reflection.AssemblyMetadataAttribute>()
        .Single(entry => entry.Key == key).Value!;
}
