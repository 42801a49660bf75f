using System.Diagnostics;
using System.Globalization;

namespace UpgradeProtocols.Lab;

/// <summary>One run. Compared measurements alternate, so that a slow minute of the machine affects all of them.</summary>
internal sealed class LabRun(LabOptions options)
{
    private const int TriesOfDisturbedWindow = 4;

    private readonly LoadClient _client = new(options.Tools);

    /// <summary>Measures each work with all contenders.</summary>
    public async Task<IReadOnlyList<Result>> RunAsync(CancellationToken cancellationToken)
    {
        var results = new List<Result>();
        foreach (var work in options.Work)
        {
            if (work.Kind == WorkKind.TwoNodes && !Deployment.HasRedis)
            {
                Console.WriteLine($"{work.Name,-15} skipped: redis-server is not installed (Debian: redis-server)");
                continue;
            }

            results.AddRange(await MeasureAsync(
                [.. options.Contenders.Where(c => c.Asks.ContainsKey(work.Kind)).Select(c => new Trial(c, work))], cancellationToken));
        }

        return results;
    }

    /// <summary>Measures trials that are compared with each other. The results are in the order of the trials.</summary>
    public async Task<IReadOnlyList<Result>> MeasureAsync(IReadOnlyList<Trial> trials, CancellationToken cancellationToken)
    {
        List<Trial> working = [.. trials.Where(t => t.Work.Kind != WorkKind.Idle)];
        var costs = await (options.IsFresh ? MeasureFreshAsync(working, cancellationToken) : MeasureSettledAsync(working, cancellationToken));
        var memory = await MeasureMemoryAsync([.. trials.Where(t => t.Work.Kind == WorkKind.Idle)], cancellationToken);
        return [.. trials.Select(t => new Result(t.Work, t.Contender, costs.TryGetValue(t, out var windows) ? windows : memory[t]))];
    }

    /// <summary>Measures each window on a newly started server: the cost of a deployment until all hot code is compiled.</summary>
    private async Task<Dictionary<Trial, List<Window>>> MeasureFreshAsync(List<Trial> trials, CancellationToken cancellationToken)
    {
        var windows = trials.ToDictionary(t => t, _ => new List<Window>());
        for (var repetition = 0; repetition < options.Repetitions; repetition++)
        {
            foreach (var trial in trials)
            {
                var window = await UndisturbedAsync(() => MeasureFreshAsync(trial, cancellationToken));
                windows[trial].Add(window);
                Say(trial.Work, trial.Contender, window);
            }
        }

        return windows;
    }

    private async Task<Window> MeasureFreshAsync(Trial trial, CancellationToken cancellationToken)
    {
        using var deployment = await Deployment.StartAsync(trial.Contender, trial.Work.Kind, cancellationToken);
        await deployment.PinAsync(cancellationToken);
        return await _client.MeasureAsync(trial.Contender, trial.Work, deployment, options.WarmUp, options.Seconds, cancellationToken);
    }

    /// <summary>Measures all windows on the same servers, after all hot code is compiled.</summary>
    private async Task<Dictionary<Trial, List<Window>>> MeasureSettledAsync(List<Trial> trials, CancellationToken cancellationToken)
    {
        var deployments = new Dictionary<string, Deployment>();
        var crowds = new List<Process>();
        var windows = trials.ToDictionary(t => t, _ => new List<Window>());
        try
        {
            foreach (var (contender, work, crowd) in trials)
            {
                if (!deployments.TryGetValue(contender.Program, out var deployment))
                {
                    deployments.Add(contender.Program, deployment = await Deployment.StartAsync(contender, work.Kind, cancellationToken));
                }

                if (crowd is not null)
                {
                    crowds.Add(await _client.HoldAsync(contender, crowd, deployment, cancellationToken));
                }

                await WarmUpAsync(contender, work, deployment, cancellationToken);
            }

            // A second warm-up: the runtime recompiles hot code when the server is idle.
            foreach (var trial in trials)
            {
                await WarmUpAsync(trial.Contender, trial.Work, deployments[trial.Contender.Program], cancellationToken);
            }

            await Task.WhenAll(deployments.Values.Select(deployment => deployment.PinAsync(cancellationToken)));

            for (var repetition = 0; repetition < options.Repetitions; repetition++)
            {
                foreach (var trial in trials)
                {
                    var (contender, work, _) = trial;
                    var window = await UndisturbedAsync(
                        () => _client.MeasureAsync(contender, work, deployments[contender.Program], 0.5, options.Seconds, cancellationToken));
                    windows[trial].Add(window);
                    Say(work, contender, window);
                }
            }

            foreach (var crowd in crowds)
            {
                await LoadClient.ReleaseAsync(crowd, cancellationToken);
            }
        }
        finally
        {
            crowds.ForEach(static crowd => crowd.Dispose());
            foreach (var deployment in deployments.Values)
            {
                deployment.Dispose();
            }
        }

        return windows;
    }

    private async Task WarmUpAsync(Contender contender, Work work, Deployment deployment, CancellationToken cancellationToken) =>
        await _client.MeasureAsync(contender, work, deployment, options.WarmUp / 2, 0.2, cancellationToken);

    private static async Task<Window> UndisturbedAsync(Func<Task<Window>> measure)
    {
        for (var tries = 1; ; tries++)
        {
            var window = await measure();
            if (!window.IsDisturbed || tries == TriesOfDisturbedWindow)
            {
                return window;
            }
        }
    }

    // Each measurement has its own server, because the JIT compiler sometimes still takes some MiB during a measurement.
    private async Task<Dictionary<Trial, List<Window>>> MeasureMemoryAsync(List<Trial> trials, CancellationToken cancellationToken)
    {
        var windows = trials.ToDictionary(t => t, _ => new List<Window>());
        for (var repetition = 0; repetition < options.Repetitions; repetition++)
        {
            foreach (var trial in trials)
            {
                var window = await MeasureMemoryAsync(trial.Contender, trial.Work, cancellationToken);
                windows[trial].Add(window);
                Say(trial.Work, trial.Contender, window);
            }
        }

        return windows;
    }

    private async Task<Window> MeasureMemoryAsync(Contender contender, Work work, CancellationToken cancellationToken)
    {
        using var deployment = await Deployment.StartAsync(contender, work.Kind, cancellationToken);
        var clock = Stopwatch.StartNew();
        do
        {
            // Code compiled for the connections, and the compiler's own memory, must not count as theirs, so they must exist before
            // the measurement. This needs a large number of concurrent connections.
            using var others = await _client.HoldAsync(contender, work with { Connections = work.Connections / 5 }, deployment, cancellationToken);
            await LoadClient.ReleaseAsync(others, cancellationToken);
        }
        while (clock.Elapsed.TotalSeconds < options.WarmUp);

        var before = await deployment.Server.MeasureMemoryAsync(cancellationToken);
        using var holding = await _client.HoldAsync(contender, work, deployment, cancellationToken);
        var window = new Window { Count = work.Connections, Cost = (await deployment.Server.MeasureMemoryAsync(cancellationToken) - before) / 1024.0 / work.Connections };
        await LoadClient.ReleaseAsync(holding, cancellationToken);
        return window;
    }

    private static void Say(Work work, Contender contender, Window window) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"{work.Name,-20} {contender.Name,-16} {window.Cost,8:0.00} {work.Unit}  {window.Rate,10:0}/s  p50 {window.Median,8:0.0} µs  p99 {window.P99,8:0.0} µs{(window.IsDisturbed ? "  (disturbed)" : "")}"));
}
