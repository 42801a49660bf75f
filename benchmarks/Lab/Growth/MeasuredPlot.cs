namespace UpgradeProtocols.Lab;

/// <summary>A plot with its points.</summary>
internal sealed record MeasuredPlot(GrowthPlot Plot, IReadOnlyList<MeasuredCurve> Curves)
{
    /// <summary>What there is to compare with: it shows what the machine itself does.</summary>
    public MeasuredCurve? Floor { get; } = Curves.FirstOrDefault(c => c.Curve.Most is null);

    public bool IsLikeFloor(MeasuredCurve curve) => Floor is not null && curve.Slope.Holds(Floor.Slope.Value);
}

/// <summary>A curve with its points, by size.</summary>
internal sealed record MeasuredCurve(GrowthCurve Curve, IReadOnlyList<MeasuredPoint> Points)
{
    public Slope Slope { get; } = Slope.OfLastDecade(Points);
}

/// <summary>What something cost at a size: the median of the windows, the least and the most.</summary>
internal sealed record MeasuredPoint(int Size, double Cost, double Least, double Most, bool IsDisturbed)
{
    public static MeasuredPoint Of(GrowthCurve curve, int size, Result result) => new(
        size,
        curve.Of(result.Cost, size),
        curve.Of(result.Windows.Min(w => w.Cost), size),
        curve.Of(result.Windows.Max(w => w.Cost), size),
        result.IsDisturbed);
}
