namespace UpgradeProtocols.Lab;

/// <summary>The windows of one contender for one work.</summary>
internal sealed record Result(Work Work, Contender Contender, IReadOnlyList<Window> Windows)
{
    public double Cost => Median(Windows.Select(w => w.Cost));

    /// <summary>The kernel's part of the cost.</summary>
    public double SystemCost => Median(Windows.Select(w => w.SystemCost));

    public double Rate => Median(Windows.Select(w => w.Rate));

    public double P99 => Median(Windows.Select(w => w.P99));

    /// <summary>The spread of the windows, as a fraction of the median.</summary>
    public double Spread => Cost == 0 ? 0 : (Windows.Max(w => w.Cost) - Windows.Min(w => w.Cost)) / Cost;

    /// <summary>Whether a window was disturbed in every repetition.</summary>
    public bool IsDisturbed => Windows.Any(w => w.IsDisturbed);

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted.Count % 2 == 1 ? sorted[sorted.Count / 2] : (sorted[sorted.Count / 2 - 1] + sorted[sorted.Count / 2]) / 2;
    }
}
