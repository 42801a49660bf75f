using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace UpgradeProtocols.Lab;

/// <summary>Runs the load client on the second core.</summary>
internal sealed class LoadClient(string tools)
{
    public async Task<Window> MeasureAsync(Contender contender, Work work, Deployment deployment, double warmUp, double seconds, CancellationToken cancellationToken)
    {
        using var client = Start(contender, work, deployment, warmUp, seconds);
        var output = client.StandardOutput.ReadToEndAsync(cancellationToken);
        var error = client.StandardError.ReadToEndAsync(cancellationToken);
        await client.WaitForExitAsync(cancellationToken);
        return client.ExitCode == 0
            ? JsonSerializer.Deserialize(await output, WindowJson.Default.Window)!
            : throw new InvalidOperationException($"The load client failed on {contender.Name}, {work.Name}: {await error}");
    }

    /// <summary>Holds idle connections until they are released.</summary>
    public async Task<Process> HoldAsync(Contender contender, Work work, Deployment deployment, CancellationToken cancellationToken)
    {
        var client = Start(contender, work, deployment, 0, 3600);
        var ready = await client.StandardOutput.ReadLineAsync(cancellationToken);
        return ready is not null ? client : throw new InvalidOperationException($"{contender.Name}: {await client.StandardError.ReadToEndAsync(cancellationToken)}");
    }

    /// <summary>Ends the held connections.</summary>
    public static async Task ReleaseAsync(Process client, CancellationToken cancellationToken)
    {
        if (client.HasExited)
        {
            throw new InvalidOperationException($"Held connections ended too early: {await client.StandardError.ReadToEndAsync(cancellationToken)}");
        }

        await client.StandardInput.WriteLineAsync();
        await client.WaitForExitAsync(cancellationToken);
    }

    private Process Start(Contender contender, Work work, Deployment deployment, double warmUp, double seconds)
    {
        var start = new ProcessStartInfo("taskset") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        var mode = work.Kind switch
        {
            WorkKind.Broadcast or WorkKind.TwoNodes => "broadcast",
            WorkKind.Connect => "connect",
            WorkKind.Idle => "idle",
            _ => "echo",
        };
        string[] arguments =
        [
            "-c", "1", Path.Combine(tools, "wsload"), .. deployment.ClientArguments, "--mode", mode, "--name", contender.Name,
            "--conns", Text(work.Connections), "--depth", Text(work.Depth), "--payload", Text(work.Payload), "--warm", Text(warmUp), "--secs", Text(seconds),
            .. contender.Asks[work.Kind],
        ];
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
}

/// <summary>The load client's report of a window.</summary>
internal sealed record Window
{
    [JsonPropertyName("n")]
    public long Count { get; init; }

    [JsonPropertyName("rate")]
    public double Rate { get; init; }

    [JsonPropertyName("p50_us")]
    public double Median { get; init; }

    [JsonPropertyName("p99_us")]
    public double P99 { get; init; }

    /// <summary>The server's CPU time per message, in microseconds; for the idle work, kilobytes per connection.</summary>
    [JsonPropertyName("srv_us_per")]
    public double Cost { get; init; }

    [JsonPropertyName("srv_sys_us")]
    public double SystemCost { get; init; }

    [JsonPropertyName("srv_util")]
    public double ServerUtilization { get; init; }

    [JsonPropertyName("cli_util")]
    public double ClientUtilization { get; init; }

    [JsonPropertyName("foreign0")]
    public double ForeignOnServerCore { get; init; }

    [JsonPropertyName("foreign1")]
    public double ForeignOnClientCore { get; init; }

    [JsonPropertyName("mismatch")]
    public long Mismatches { get; init; }

    /// <summary>Whether other processes used over a tenth of either core.</summary>
    [JsonIgnore]
    public bool IsDisturbed => Math.Max(ForeignOnServerCore, ForeignOnClientCore) > 0.1;
}

[JsonSerializable(typeof(Window))]
internal sealed partial class WindowJson : JsonSerializerContext;
