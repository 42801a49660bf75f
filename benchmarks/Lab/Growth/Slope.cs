namespace UpgradeProtocols.Lab;

/// <summary>The slope of a curve with both axes logarithmic: 0 is flat, 1 is linear, 2 is quadratic.</summary>
/// <param name="Value">The slope of the last tenfold growth, by least squares.</param>
/// <param name="Noise">The possible error from the windows' spread.</param>
internal sealed record Slope(double Value, double Noise)
{
    public const double Flat = 0;
    public const double Linear = 1;

    // An increase by a quarter for ten times the size doesn't count as growth: caches hold a smaller share of the data.
    private const double Tolerance = 0.1;

    public bool Holds(double most) => Value <= most + Tolerance + Noise;

    public static Slope OfLastDecade(IReadOnlyList<MeasuredPoint> points)
    {
        var from = points.Last(p => p.Size * 10L <= points[^1].Size).Size;
        var decade = points.Where(p => p.Size >= from).ToList();
        var (meanX, meanY) = (decade.Average(X), decade.Average(Y));
        var value = decade.Sum(p => (X(p) - meanX) * (Y(p) - meanY)) / decade.Sum(p => (X(p) - meanX) * (X(p) - meanX));
        var noise = decade.Max(p => Math.Log10(p.Most / p.Least)) / 2 / (X(decade[^1]) - X(decade[0]));
        return new Slope(value, noise);
    }

    private static double X(MeasuredPoint point) => Math.Log10(point.Size);

    private static double Y(MeasuredPoint point) => Math.Log10(point.Cost);
}
