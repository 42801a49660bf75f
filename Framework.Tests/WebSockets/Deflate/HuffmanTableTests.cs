using CsCheck;

namespace UpgradeProtocols.Tests.WebSockets;

public class HuffmanTableTests
{
    // Codes are split at random until there are enough. The result is always complete, with codes of up to 15 bits.
    private static readonly Gen<byte[]> CompleteCodes =
        Gen.Int[0, int.MaxValue].Array[1, 250].Select(choices =>
        {
            var lengths = new List<byte> { 1, 1 };
            foreach (var choice in choices)
            {
                var at = choice % 3 == 0 ? choice % lengths.Count : lengths.Count - 1;
                if (lengths[at] < HuffmanTable.MaxCodeLength)
                {
                    lengths.Add(++lengths[at]);
                }
            }

            return lengths.ToArray();
        });

    [Fact, Trait("rule", "D3")]
    public void Returns_each_symbol_for_its_canonical_code() =>
        Gen.Select(CompleteCodes, Gen.ULong).Sample((lengths, garbage) =>
        {
            var table = new HuffmanTable();
            Assert.True(table.TryBuild(lengths, mayBeIncomplete: false));
            var code = 0;
            for (var length = 1; length <= HuffmanTable.MaxCodeLength; length++, code <<= 1)
            {
                for (var symbol = 0; symbol < lengths.Length; symbol++)
                {
                    if (lengths[symbol] == length)
                    {
                        Assert.Equal((symbol << 4) | length, table.Peek((garbage << length) | Reversed(code++, length)));
                    }
                }
            }
        });

    [Theory, Trait("rule", "D4")]
    [InlineData(false, 1, 1, 1), InlineData(true, 1, 1, 1), InlineData(true, 1, 2, 2, 15), InlineData(false, 2, 2, 2), InlineData(true, 2, 2, 2)]
    [InlineData(true, 2), InlineData(true, 1, 2), InlineData(true, 1, 0, 3), InlineData(false, 1), InlineData(false, 0, 0)]
    public void Refuses_codes_that_are_too_many_or_too_few(bool mayBeIncomplete, params int[] lengths) =>
        Assert.False(new HuffmanTable().TryBuild(lengths.Select(length => (byte)length).ToArray(), mayBeIncomplete));

    [Fact, Trait("rule", "D4")]
    public void Allows_a_single_code_of_one_bit_or_none_and_finds_no_other_symbol()
    {
        var table = new HuffmanTable();

        Assert.True(table.TryBuild([0, 1], mayBeIncomplete: true));
        Assert.Equal((1 << 4) | 1, table.Peek(0));
        Assert.Equal(HuffmanTable.InvalidSymbol, table.Peek(1) >> 4);
        Assert.True(table.TryBuild([0, 0], mayBeIncomplete: true));
        Assert.Equal(HuffmanTable.InvalidSymbol, table.Peek(0) >> 4);
    }

    private static ulong Reversed(int code, int length)
    {
        ulong reversed = 0;
        for (var i = 0; i < length; i++)
        {
            reversed = (reversed << 1) | ((ulong)(uint)code >> i & 1);
        }

        return reversed;
    }
}
