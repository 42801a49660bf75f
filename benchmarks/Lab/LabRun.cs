using System.Diagnostics;
using System.Globalization;

namespace UpgradeProtocols.Lab;

/// <summary>One run: what is compared is measured in alternation, so that a slow minute of the machine hits all of it.</summary>
internal sealed class LabRun(LabOptions options)
{
    private const int TriesOfDisturbedWindow = 4;

    private readonly LoadClient _client = new(options.Tools);

    /// <summary>Each work, by all contenders.</summary>
    public async Task<IReadOnlyList<Result>> RunAsync(CancellationToken cancellationToken)
    {
        var results = new List<Result>();
        foreach (var work in options.Work)
        {
            results.AddRange(await MeasureAsync(
                [.. options.Contenders.Where(c => c.Asks.ContainsKey(work.Kind)).Select(c => new Trial(c, work))], cancellationToken));
        }

        return results;
    }

    /// <summary>Trials that are compared with each other; the results have their order.</summary>
    public async Task<IReadOnlyList<Result>> MeasureAsync(IReadOnlyList<Trial> trials, CancellationToken cancellationToken)
    {
        var costs = await MeasureCostAsync([.. trials.Where(t => t.Work.Kind != WorkKind.Idle)], cancellationToken);
        var memory = await MeasureMemoryAsync(trials.Where(t => t.Work.Kind == WorkKind.Idle), cancellationToken);
        return [.. trials.Select(t => new Result(t.Work, t.Contender, costs.TryGetValue(t, out var windows) ? windows : [memory[t]]))];
    }

    private async Task<Dictionary<Trial, List<Window>>> MeasureCostAsync(List<Trial> trials, CancellationToken cancellationToken)
    {
        var servers = new Dictionary<string, ServerProcess>();
        var crowds = new List<Process>();
        var windows = trials.ToDictionary(t => t, _ => new List<Window>());
        try
        {
            foreach (var (contender, work, crowd) in trials)
            {
                if (!servers.TryGetValue(contender.Program, out var server))
                {
                    servers.Add(contender.Program, server = await ServerProcess.StartAsync(contender, cancellationToken));
                }

                if (crowd is not null)
                {
                    crowds.Add(await _client.HoldAsync(contender, crowd, server.Id, cancellationToken));
                }

                await _client.MeasureAsync(contender, work, server.Id, options.WarmUp, 0.2, cancellationToken);
            }

            for (var repetition = 0; repetition < options.Repetitions; repetition++)
            {
                foreach (var trial in trials)
                {
                    var window = await MeasureUndisturbedAsync(trial.Contender, trial.Work, servers[trial.Contender.Program].Id, cancellationToken);
                    windows[trial].Add(window);
                    Say(trial.Work, trial.Contender, window);
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
            foreach (var server in servers.Values)
            {
                server.Dispose();
            }
        }

        return windows;
    }

    private async Task<Window> MeasureUndisturbedAsync(Contender contender, Work work, int server, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            var window = await _client.MeasureAsync(contender, work, server, 0.5, options.Seconds, cancellationToken);
            if (!window.IsDisturbed || tries == TriesOfDisturbedWindow)
            {
                return window;
            }
        }
    }

    private async Task<Dictionary<Trial, Window>> MeasureMemoryAsync(IEnumerable<Trial> trials, CancellationToken cancellationToken)
    {
        var windows = new Dictionary<Trial, Window>();
        foreach (var trial in trials)
        {
            var (contender, work, _) = trial;
            using var server = await ServerProcess.StartAsync(contender, cancellationToken);
            using (var few = await _client.HoldAsync(contender, work with { Connections = 50 }, server.Id, cancellationToken))
            {
                await LoadClient.ReleaseAsync(few, cancellationToken);
            }

            var before = await server.MeasureMemoryAsync(cancellationToken);
            using var holding = await _client.HoldAsync(contender, work, server.Id, cancellationToken);
            var window = new Window { Count = work.Connections, Cost = (await server.MeasureMemoryAsync(cancellationToken) - before) / 1024.0 / work.Connections };
            await LoadClient.ReleaseAsync(holding, cancellationToken);
            windows.Add(trial, window);
            Say(work, contender, window);
        }

        return windows;
    }

    private static void Say(Work work, Contender contender, Window window) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"{work.Name,-20} {contender.Name,-16} {window.Cost,8:0.00} {work.Unit}  {window.Rate,10:0}/s  p50 {window.Median,8:0.0} µs  p99 {window.P99,8:0.0} µs{(window.IsDisturbed ? "  (disturbed)" : "")}"));
}
