using System.Buffers;
using System.IO.Compression;
using System.Text;
using CsCheck;

namespace UpgradeProtocols.Tests.WebSockets;

public class MessageInflaterTests
{
    private static readonly DeflateAgreement Takeover = new() { ClientContextTakeover = true };

    public static MatrixTheoryData<ZLibCompressionStrategy, int> Strategies => new(Enum.GetValues<ZLibCompressionStrategy>(), [0, 1, 6, 9]);

    [Theory, Trait("rule", "D3")]
    [InlineData("F248CDC9C90700")] // RFC 7692 §7.2.3.1: one block
    [InlineData("000500FAFF48656C6C6F00")] // §7.2.3.3: a block without compression
    [InlineData("F348CDC9C9070000")] // §7.2.3.4: a block with BFINAL
    [InlineData("F24805000000FFFFCAC9C90700")] // §7.2.3.5: two blocks
    [InlineData("F348CDC9C90700")] // BFINAL, and the byte that should follow left out
    [InlineData("F248CDC9C907000000FFFF")] // the tail not left out
    public void Inflates_the_samples_of_RFC_7692(string hex) => Assert.Equal("Hello", Inflate(Takeover, hex));

    [Fact, Trait("rule", "D2")]
    public void A_message_may_refer_to_the_previous_message() =>
        Assert.Equal("Hello|Hello", Inflate(Takeover, "F248CDC9C90700", "F200110000")); // §7.2.3.2

    [Fact, Trait("rule", "D3")]
    public void The_window_survives_a_final_block() =>
        Assert.Equal("Hello|Hello|HelloHello", Inflate(Takeover, "F348CDC9C9070000", "F200110000", "F348CDC9C90700F200110000"));

    [Fact, Trait("rule", "D2")]
    public void A_message_without_takeover_cannot_refer_to_the_previous_message() =>
        Assert.Equal("Hello|!Corrupt", Inflate(new DeflateAgreement(), "F248CDC9C90700", "F200110000"));

    [Theory, Trait("rule", "D3")]
    [InlineData("00"), InlineData(""), InlineData("000000FFFF00"), InlineData("0300"), InlineData("030000"), InlineData("0200")]
    public void An_empty_message_may_be_encoded_in_several_ways(string hex) => Assert.Equal("|", Inflate(Takeover, hex, hex));

    [Theory, Trait("rule", "D4")]
    [InlineData("FFFFFFFF")] // block type 3
    [InlineData("06")]
    [InlineData("F248CD")] // ends inside a block
    [InlineData("F248CDC9C907")] // the byte with the next block's header is missing
    [InlineData("000500FAFF48")] // stored, with four bytes fewer than announced: the tail is not among them
    [InlineData("000500FBFF48656C6C6F00")] // stored, the length's complement is wrong
    [InlineData("0200FE")] // the distance's bits end early
    [InlineData("FD")] // 286 literals and more
    [InlineData("04C0810800000000209F00")] // zeros where code lengths should be
    public void Incomplete_DEFLATE_data_is_corrupt(string hex)
    {
        Assert.Equal("!Corrupt", Inflate(Takeover, hex));
        Assert.Equal("!Corrupt", InflateBytewise(hex));
    }

    [Fact, Trait("rule", "D2")]
    public void Data_of_a_sender_with_a_512_byte_window_inflates_with_512_bytes_kept()
    {
        // Made by zlib (-9 window bits, memory level 1), each message referring to those before.
        string[] hex = VectorsWithSmallWindow;
        var expected = Enumerable.Range(0, 3).Select(i => string.Concat(Enumerable.Range(0, 14).Select(j => $"line {j * 7 % 13} of message {i}, ")));

        Assert.Equal(string.Join('|', expected), Inflate(new DeflateAgreement { ClientContextTakeover = true, ClientWindowBits = 9 }, hex));
    }

    [Theory, Trait("rule", "D3")]
    [MemberData(nameof(Strategies))]
    public void Inflates_data_that_zlib_deflated(ZLibCompressionStrategy strategy, int level) =>
        Gen.Select(Samples.Any, Gen.Int[1, 5000].Array[1, 5], Gen.Int[1, 3000]).Sample(
            (message, sizes, flushEvery) =>
            {
                var options = new ZLibCompressionOptions { CompressionStrategy = strategy, CompressionLevel = level };
                var compressed = new Zlib.Sender(options: options).Compress(message, flushEvery);
                using var inflater = new MessageInflater(new DeflateAgreement());

                Assert.Equal(message, Inflate(inflater, Segments.Cut(compressed, sizes), out _));
            },
            iter: 20);

    [Fact, Trait("rule", "D3")]
    public void A_thousand_messages_with_takeover_inflate_in_any_pieces() =>
        Gen.Select(Samples.Any.Array[40], Gen.Int[1, 9].Array[1, 5], Gen.Bool).Sample(
            (messages, sizes, bytewise) =>
            {
                var sender = new Zlib.Sender();
                using var inflater = new MessageInflater(Takeover);
                foreach (var message in messages)
                {
                    var pieces = Segments.Cut(sender.Compress(message), bytewise ? [1] : sizes);
                    Assert.Equal(message, Inflate(inflater, pieces, out _));
                }
            },
            iter: 25);

    [Fact, Trait("rule", "D4")]
    public void Modified_data_inflates_like_with_zlib_and_never_throws() =>
        Gen.Select(Samples.Any.Where(message => message.Length is > 0 and < 4000), Gen.Int[0, 10_000], Gen.Byte).Sample(
            (message, at, value) =>
            {
                var compressed = new Zlib.Sender().Compress(message);
                compressed[at % compressed.Length] ^= value;
                using var inflater = new MessageInflater(new DeflateAgreement());

                // With the tail, as the other side has it: spoilt data may take it for its own.
                var ours = Inflate(inflater, Segments.Cut([.. compressed, 0x00, 0x00, 0xFF, 0xFF], 1 + (at % 100)), out var result);

                byte[] theirs;
                try
                {
                    theirs = new Zlib.Receiver().Inflate(compressed);
                }
                catch (InvalidDataException)
                {
                    Assert.Equal(InflateResult.Corrupt, result);
                    return;
                }

                // zlib stops at a final block. Data that ends early isn't an error to it.
                Assert.Equal(theirs, ours[..theirs.Length]);
            },
            iter: 3000);

    [Fact, Trait("rule", "D4")]
    public void Any_bytes_end_in_a_result() =>
        Gen.Byte.Array[0, 200].Sample(
            bytes =>
            {
                using var inflater = new MessageInflater(Takeover);
                var whole = Inflate(inflater, [bytes], out var result);
                using var again = new MessageInflater(Takeover);
                Assert.Equal(whole, Inflate(again, Segments.Cut(bytes, 1), out var bytewise));
                Assert.Equal(result, bytewise);
            },
            iter: 20_000);

    [Fact, Trait("rule", "D4")]
    public void A_bomb_uses_no_more_memory_than_the_limit()
    {
        const int Limit = 1 << 20;
        var bomb = new Zlib.Sender().Compress(new byte[32 << 20]);
        var pool = new CountingPool();
        using var inflater = new MessageInflater(Takeover, pool);
        var output = new MessageBuffer(pool);

        Assert.Equal(InflateResult.TooLarge, inflater.Inflate(bomb, output, Limit));
        Assert.True(output.Length <= Limit);
        Assert.True(pool.Largest <= Limit);
    }

    [Theory, Trait("rule", "D4")]
    [InlineData(1000, 1000), InlineData(1001, 1000), InlineData(0, 0), InlineData(1, 0)]
    public void The_limit_is_exact(int size, int limit)
    {
        var expected = size > limit ? InflateResult.TooLarge : InflateResult.Done;
        foreach (var message in new[] { new byte[size], Samples.Random(size) })
        {
            var compressed = new Zlib.Sender().Compress(message);
            using var inflater = new MessageInflater(Takeover);
            Inflate(inflater, Segments.Cut(compressed, 7), out var result, limit);
            Assert.Equal(expected, result);
        }
    }

    [Fact, Trait("rule", "D5")]
    public void Without_takeover_nothing_is_kept_between_messages()
    {
        var pool = new CountingPool();
        using var inflater = new MessageInflater(new DeflateAgreement(), pool);

        Inflate(inflater, [new Zlib.Sender().Compress(Samples.Json(100))], out _);

        Assert.Equal(0, pool.Rented);
    }

    [Fact, Trait("rule", "D5")]
    public void With_takeover_only_the_window_is_kept()
    {
        var pool = new CountingPool();
        var inflater = new MessageInflater(new DeflateAgreement { ClientContextTakeover = true, ClientWindowBits = 10 }, pool);
        var sender = new Zlib.Sender(CompressionLevel.NoCompression);
        foreach (var size in new[] { 10, 500, 5000, 1, 2000 })
        {
            Inflate(inflater, [sender.Compress(Samples.Random(size))], out _);
            Assert.Equal(1, pool.Out);
        }

        Assert.Equal(1024, pool.Largest);
        inflater.Dispose();
        inflater.Dispose();
        Assert.Equal(0, pool.Out);
    }

    [Fact, Trait("rule", "D5")]
    public void Inflating_allocates_nothing_once_warm()
    {
        var compressed = new Zlib.Sender().Compress(Samples.Json(50));
        using var inflater = new MessageInflater(Takeover);
        var output = new MessageBuffer(ArrayPool<byte>.Shared);
        for (var i = 0; i < 30; i++)
        {
            // Until the history has grown to the window.
            Work();
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        Work();

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Work()
        {
            inflater.Inflate(compressed, output, 1 << 20);
            inflater.End(output);
            output.Release();
        }
    }

    private static readonly string[] VectorsWithSmallWindow =
    [
        "cac9cc4b553050c84f53c84d2d2e4e4c07727414724082e6d8040db1095a601334c22668894dd018ab4558dd6482552956479962558ad55566d804d1ed0700",
        "c21434840a9a631334c42668814dd0089ba025364163ac166175930956a5581d658a5529565799611344b71f00",
        "c21434820a9a631334c42668814dd0089ba025364163ac166175930956a5581d658a5529565799611344b71f00",
    ];

    private static byte[] Inflate(MessageInflater inflater, IEnumerable<byte[]> pieces, out InflateResult result, int limit = 1 << 20)
    {
        var output = new MessageBuffer(ArrayPool<byte>.Shared);
        result = InflateResult.Done;
        foreach (var piece in pieces)
        {
            result = inflater.Inflate(piece, output, limit);
            if (result != InflateResult.Done)
            {
                return output.Span.ToArray();
            }
        }

        result = inflater.End(output);
        var message = output.Span.ToArray();
        output.Release();
        return message;
    }

    private static string Inflate(DeflateAgreement agreement, params IEnumerable<string> messages)
    {
        using var inflater = new MessageInflater(agreement);
        return string.Join('|', messages.Select(hex => Describe(inflater, [Convert.FromHexString(hex)])));
    }

    private static string InflateBytewise(string hex)
    {
        using var inflater = new MessageInflater(Takeover);
        return Describe(inflater, Segments.Cut(Convert.FromHexString(hex), 1));
    }

    private static string Describe(MessageInflater inflater, IEnumerable<byte[]> pieces)
    {
        var message = Inflate(inflater, pieces, out var result);
        return result == InflateResult.Done ? Encoding.UTF8.GetString(message) : $"!{result}";
    }
}
