namespace UpgradeProtocols.Tests.WebSockets;

public class FrameMaskTests
{
    private const int MaxLength = 300;
    private const int MaxAlignment = 67;

    private static readonly byte[] Plain = [.. Enumerable.Range(0, MaxLength + MaxAlignment + 1).Select(i => (byte)(i * 31))];

    [Fact, Trait("rule", "W1")]
    public void Agrees_with_the_naive_loop_in_place()
    {
        foreach (var (alignment, length) in Shapes())
        {
            byte[] data = [.. Plain];

            var next = FrameMask.Apply(data.AsSpan(alignment, length), FrameMask.ReadKey(ClientFrames.Key));

            Check(data, alignment, length, next, outside: Plain);
        }
    }

    [Fact, Trait("rule", "W1")]
    public void Agrees_with_the_naive_loop_from_source_to_destination()
    {
        var blank = new byte[Plain.Length];
        foreach (var (alignment, length) in Shapes())
        {
            var data = new byte[Plain.Length];

            var next = FrameMask.Apply(Plain.AsSpan(alignment, length), data.AsSpan(alignment), FrameMask.ReadKey(ClientFrames.Key));

            Check(data, alignment, length, next, outside: blank);
        }
    }

    [Fact, Trait("rule", "W1")]
    public void Continues_at_the_previous_position()
    {
        foreach (var cut in Enumerable.Range(0, MaxLength))
        {
            var data = Plain[..MaxLength];

            var next = FrameMask.Apply(data.AsSpan(0, cut), FrameMask.ReadKey(ClientFrames.Key));
            FrameMask.Apply(data.AsSpan(cut), next);

            Assert.Equal(Naive(0, MaxLength), data);
        }
    }

    [Fact]
    public void A_destination_that_is_too_short_throws() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => FrameMask.Apply(new byte[4], new byte[3], 1));

    private static IEnumerable<(int Alignment, int Length)> Shapes() =>
        from alignment in Enumerable.Range(0, MaxAlignment)
        from length in Enumerable.Range(0, MaxLength + 1)
        select (alignment, length);

    private static byte[] Naive(int alignment, int length) =>
        [.. Enumerable.Range(0, length).Select(i => (byte)(Plain[alignment + i] ^ ClientFrames.Key[i % 4]))];

    private static void Check(byte[] data, int alignment, int length, uint next, byte[] outside)
    {
        Assert.Equal(Naive(alignment, length).AsSpan(), data.AsSpan(alignment, length));
        Assert.Equal(outside.AsSpan(0, alignment), data.AsSpan(0, alignment));
        Assert.Equal(outside.AsSpan(alignment + length), data.AsSpan(alignment + length));
        Span<byte> rotated = [.. ClientFrames.Key.AsSpan(length % 4), .. ClientFrames.Key.AsSpan(0, length % 4)];
        Assert.Equal(FrameMask.ReadKey(rotated), next);
    }
}
