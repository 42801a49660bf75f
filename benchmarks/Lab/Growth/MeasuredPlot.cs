namespace UpgradeProtocols.Lab;

/// <summary>A plot with its points.</summary>
internal sealed record MeasuredPlot(GrowthPlot Plot, IReadOnlyList<MeasuredCurve> Curves)
{
    public bool IsLikeFloor(MeasuredCurve curve) => FloorOf(curve) is { } floor && curve.Slope.Holds(floor.Slope.Value);

    /// <summary>Returns the comparison curve for a curve: it shows the cost of the machine itself.</summary>
    public MeasuredCurve? FloorOf(MeasuredCurve curve) =>
        Curves.FirstOrDefault(c => c.Curve.Most is null && (c.Curve.Below ?? curve.Curve.Title) == curve.Curve.Title);
}

/// <summary>A curve with its points, by size.</summary>
internal sealed record MeasuredCurve(GrowthCurve Curve, IReadOnlyList<MeasuredPoint> Points)
{
    public Slope Slope { get; } = Slope.OfLastDecade(Points);
}

/// <summary>The cost at a size: the median of the windows, the minimum and the maximum.</summary>
internal sealed record MeasuredPoint(int Size, double Cost, double Least, double Most, bool IsDisturbed)
{
    public static MeasuredPoint Of(GrowthCurve curve, int size, Result result) => new(
        size,
        curve.Of(result.Cost, size),
        curve.Of(result.Windows.Min(w => w.Cost), size),
        curve.Of(result.Windows.Max(w => w.Cost), size),
        result.IsDisturbed);
}
