namespace UpgradeProtocols.Lab;

/// <summary>A logarithmic axis that maps values to coordinates.</summary>
internal sealed class LogScale
{
    private readonly double _least;
    private readonly double _most;
    private readonly double _start;
    private readonly double _end;

    /// <param name="least">The value at the start.</param>
    /// <param name="most">The value at the end.</param>
    /// <param name="start">The coordinate of the start.</param>
    /// <param name="end">The coordinate of the end.</param>
    public LogScale(double least, double most, double start, double end)
    {
        (_least, _most, _start, _end) = (Math.Log10(least), Math.Log10(most), start, end);
    }

    public double At(double value) => _start + ((_end - _start) * (Math.Log10(value) - _least) / (_most - _least));

    /// <summary>Returns round values that enclose a range: 1, 2 and 5 of each decade, or only the decades for a wide range.</summary>
    public static double[] Marks(double least, double most)
    {
        double[] steps = most / least > 200 ? [1] : [1, 2, 5];
        var all = Enumerable.Range(-4, 14).SelectMany(decade => steps.Select(step => step * Math.Pow(10, decade))).ToArray();
        var (first, last) = (all.Last(mark => mark <= least), all.First(mark => mark > most));
        return [.. all.Where(mark => mark >= first && mark <= last)];
    }
}
