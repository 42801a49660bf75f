using CsCheck;
using UpgradeProtocols.Fuzz;

namespace UpgradeProtocols.Tests.Fuzz;

/// <summary>
/// The fuzz targets, run for a second or two instead of hours. Each target throws if a guarantee is broken: the same result for
/// every split of the bytes, no exception, termination, and every buffer returned once.
/// </summary>
[Collection(nameof(EngineAlone))]
public class FuzzTargetTests
{
    public static TheoryData<string, string> All => [.. FuzzTargets.Names.SelectMany(target => Seeds.Of(target).Select(seed => (target, seed)))];

    [Theory, MemberData(nameof(All))]
    public void A_seed_meets_the_guarantees(string target, string seed) => FuzzTargets.Find(target)(Seeds.Read(target, seed));

    [Theory]
    [InlineData("head", 3000), InlineData("frames", 3000), InlineData("inflate", 3000), InlineData("conversation", 400)]
    [Trait("rule", "H1"), Trait("rule", "W1"), Trait("rule", "D4"), Trait("rule", "W14")]
    public void Mutated_input_meets_the_guarantees(string target, int count)
    {
        var run = FuzzTargets.Find(target);
        Mutations.Of(Seeds.ReadAll(target)).Sample(run, iter: count, threads: 1, print: Convert.ToHexString);
    }

    // The target must be able to detect a leak.
    [Fact]
    public void A_buffer_that_is_not_returned_is_detected()
    {
        var pool = new TrackingPool<byte>();
        var kept = pool.Rent(10);
        pool.Return(pool.Rent(20));
        Assert.Equal((1, 0), (pool.Out, pool.ReturnedTwice));

        pool.Return(kept);
        pool.Return(kept);

        Assert.Equal((0, 1), (pool.Out, pool.ReturnedTwice));
        Assert.All(kept, b => Assert.Equal(0xEE, b));
    }

    [Fact]
    public void A_conversation_is_answered()
    {
        var answer = System.Text.Encoding.Latin1.GetString(ConversationTarget.Converse([Seeds.Read("conversation", "sum")], out var hadAsync));

        Assert.False(hadAsync);
        Assert.StartsWith("HTTP/1.1 101", answer, StringComparison.Ordinal);
        Assert.Contains("""{"type":"reply","id":1,"data":{"value":3}}""", answer, StringComparison.Ordinal);
    }
}
