namespace UpgradeProtocols.Lab;

/// <summary>Measures the plots; within a plot, the measurements of its sizes alternate.</summary>
internal sealed class GrowthRun(LabOptions options)
{
    private readonly LabRun _lab = new(options);

    public async Task<IReadOnlyList<MeasuredPlot>> RunAsync(CancellationToken cancellationToken)
    {
        var measured = new List<MeasuredPlot>();
        foreach (var plot in options.Plots.Select(p => options.IsQuick ? p.Shortened() : p))
        {
            foreach (var peer in plot.Sizes.Select(size => plot.Peer?.Invoke(size)).OfType<GrowthPeer>())
            {
                await peer.BuildAsync(options.Root, cancellationToken);
            }

            measured.Add(await MeasureAsync(plot, cancellationToken));
        }

        return measured;
    }

    private async Task<MeasuredPlot> MeasureAsync(GrowthPlot plot, CancellationToken cancellationToken)
    {
        var subjects = plot.Subjects.Length;
        var trials = plot.Sizes.SelectMany(size => plot.Subjects.Select(subject => subject.At(size))).ToList();
        var results = await _lab.MeasureAsync(trials, cancellationToken);
        return new MeasuredPlot(plot, [.. plot.Subjects.SelectMany((subject, number) => subject.Curves.Select(curve => new MeasuredCurve(
            curve, [.. plot.Sizes.Select((size, i) => MeasuredPoint.Of(curve, size, results[(i * subjects) + number]))])))]);
    }
}
