using System.Globalization;

namespace UpgradeProtocols.Lab;

/// <summary>One run: for each work all contenders in alternation, so that a slow minute of the machine hits all of them.</summary>
internal sealed class LabRun(LabOptions options)
{
    private const int TriesOfDisturbedWindow = 4;

    private readonly LoadClient _client = new(options.Tools);

    public async Task<IReadOnlyList<Result>> RunAsync(CancellationToken cancellationToken)
    {
        var results = new List<Result>();
        foreach (var work in options.Work)
        {
            if (work.Kind == WorkKind.TwoNodes && !Deployment.HasRedis)
            {
                Console.WriteLine($"{work.Name,-15} left out: there is no redis-server (Debian: redis-server)");
                continue;
            }

            var contenders = options.Contenders.Where(c => c.Asks.ContainsKey(work.Kind)).ToList();
            results.AddRange(work.Kind == WorkKind.Idle
                ? await MeasureMemoryAsync(work, contenders, cancellationToken)
                : await MeasureCostAsync(work, contenders, cancellationToken));
        }

        return results;
    }

    private async Task<IEnumerable<Result>> MeasureCostAsync(Work work, List<Contender> contenders, CancellationToken cancellationToken)
    {
        var deployments = new Dictionary<string, Deployment>();
        var windows = contenders.ToDictionary(c => c, _ => new List<Window>());
        try
        {
            foreach (var contender in contenders)
            {
                if (!deployments.TryGetValue(contender.Program, out var deployment))
                {
                    deployments.Add(contender.Program, deployment = await Deployment.StartAsync(contender, work.Kind, cancellationToken));
                }

                await _client.MeasureAsync(contender, work, deployment, options.WarmUp, 0.2, cancellationToken);
            }

            for (var repetition = 0; repetition < options.Repetitions; repetition++)
            {
                foreach (var contender in contenders)
                {
                    var window = await MeasureUndisturbedAsync(contender, work, deployments[contender.Program], cancellationToken);
                    windows[contender].Add(window);
                    Say(work, contender, window);
                }
            }
        }
        finally
        {
            foreach (var deployment in deployments.Values)
            {
                deployment.Dispose();
            }
        }

        return windows.Select(w => new Result(work, w.Key, w.Value));
    }

    private async Task<Window> MeasureUndisturbedAsync(Contender contender, Work work, Deployment deployment, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            var window = await _client.MeasureAsync(contender, work, deployment, 0.5, options.Seconds, cancellationToken);
            if (!window.IsDisturbed || tries == TriesOfDisturbedWindow)
            {
                return window;
            }
        }
    }

    private async Task<IEnumerable<Result>> MeasureMemoryAsync(Work work, List<Contender> contenders, CancellationToken cancellationToken)
    {
        var results = new List<Result>();
        foreach (var contender in contenders)
        {
            using var deployment = await Deployment.StartAsync(contender, work.Kind, cancellationToken);
            using (var few = await _client.HoldAsync(contender, work with { Connections = 50 }, deployment, cancellationToken))
            {
                await few.StandardInput.WriteLineAsync();
                await few.WaitForExitAsync(cancellationToken);
            }

            var before = await deployment.Server.MeasureMemoryAsync(cancellationToken);
            using var holding = await _client.HoldAsync(contender, work, deployment, cancellationToken);
            var window = new Window { Count = work.Connections, Cost = (await deployment.Server.MeasureMemoryAsync(cancellationToken) - before) / 1024.0 / work.Connections };
            await holding.StandardInput.WriteLineAsync();
            await holding.WaitForExitAsync(cancellationToken);
            results.Add(new Result(work, contender, [window]));
            Say(work, contender, window);
        }

        return results;
    }

    private static void Say(Work work, Contender contender, Window window) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"{work.Name,-15} {contender.Name,-16} {window.Cost,8:0.00} {work.Unit}  {window.Rate,10:0}/s  p50 {window.Median,8:0.0} µs  p99 {window.P99,8:0.0} µs{(window.IsDisturbed ? "  (disturbed)" : "")}"));
}
