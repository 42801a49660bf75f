using CsCheck;

namespace UpgradeProtocols.Tests.WebSockets;

public class CompressedReaderTests
{
    private static readonly DeflateAgreement Takeover = new() { ClientContextTakeover = true };

    private static readonly byte[] Hello = Convert.FromHexString("F248CDC9C90700");

    [Fact, Trait("rule", "D3")]
    public void Compressed_and_uncompressed_messages_and_control_frames_may_be_mixed()
    {
        var input = ClientFrames.Join(
            ClientFrames.Frame(1, Hello, rsv: 4),
            ClientFrames.Text("plain"),
            ClientFrames.Frame(1, Hello.AsSpan(0, 3), fin: false, rsv: 4),
            ClientFrames.Frame(9, "p"u8),
            ClientFrames.Frame(0, Hello.AsSpan(3)),
            ClientFrames.Frame(2, Convert.FromHexString("F200110000"), rsv: 4));

        Assert.Equal(["Text:48656C6C6F", "Text:706C61696E", "Ping:70", "Text:48656C6C6F", "Binary:48656C6C6F"], Run(input));
    }

    [Theory, Trait("rule", "D3")]
    [InlineData(8), InlineData(9), InlineData(10)]
    public void RSV1_on_a_control_frame_fails(int opcode) => Fails(1002, ClientFrames.Frame(opcode, [], rsv: 4));

    [Fact, Trait("rule", "D3")]
    public void RSV1_on_a_continuation_fails()
    {
        Fails(1002, [.. ClientFrames.Frame(1, Hello.AsSpan(0, 3), fin: false, rsv: 4), .. ClientFrames.Frame(0, Hello.AsSpan(3), rsv: 4)]);
        Fails(1002, [.. ClientFrames.Frame(2, Hello.AsSpan(0, 3), fin: false), .. ClientFrames.Frame(0, Hello.AsSpan(3), rsv: 4)]);
    }

    [Theory, Trait("rule", "W2")]
    [InlineData(1), InlineData(2), InlineData(6)]
    public void The_other_reserved_bits_still_fail(int rsv) => Fails(1002, ClientFrames.Frame(1, Hello, rsv: rsv));

    [Fact, Trait("rule", "W5")]
    public void Text_is_checked_after_inflating_and_before_the_message_ends()
    {
        var good = new Zlib.Sender().Compress([0xE2, 0x82, 0xAC]);
        var bad = new Zlib.Sender().Compress([.. new byte[100], 0xFF, .. new byte[100]]);
        var cut = new Zlib.Sender().Compress([0xE2, 0x82]);

        Assert.Equal(["Text:E282AC"], Run(ClientFrames.Frame(1, good, rsv: 4)));
        Fails(1007, ClientFrames.Frame(1, bad, fin: false, rsv: 4));
        Fails(1007, ClientFrames.Frame(1, cut, rsv: 4));
    }

    [Theory, Trait("rule", "D4")]
    [InlineData("FFFFFFFF"), InlineData("F248CD")]
    public void Corrupt_and_truncated_data_fails(string hex) => Fails(1007, ClientFrames.Frame(2, Convert.FromHexString(hex), rsv: 4));

    [Fact, Trait("rule", "D4"), Trait("rule", "W6")]
    public void The_limit_counts_inflated_bytes()
    {
        var compressed = new Zlib.Sender().Compress(new byte[1000]);

        Assert.Equal([$"Binary:{new string('0', 2000)}"], Run(ClientFrames.Frame(2, compressed, rsv: 4), maxMessageSize: 1000));
        Fails(1009, ClientFrames.Frame(2, compressed, rsv: 4), maxMessageSize: 999);
    }

    [Fact, Trait("rule", "W6")]
    public void A_message_at_the_limit_that_cannot_be_compressed_is_read()
    {
        var message = Samples.Random(1000);
        var compressed = new Zlib.Sender().Compress(message);
        Assert.True(compressed.Length > message.Length);

        Assert.Equal([$"Binary:{Convert.ToHexString(message)}"], Run(ClientFrames.Frame(2, compressed, rsv: 4), maxMessageSize: 1000));
    }

    [Fact, Trait("rule", "W6")]
    public void The_limit_counts_compressed_bytes()
    {
        // Empty stored blocks inflate to nothing, in any number.
        byte[] nothing = [.. Enumerable.Repeat<byte[]>([0x00, 0x00, 0x00, 0xFF, 0xFF], 300).SelectMany(bytes => bytes)];

        Fails(1009, ClientFrames.Frame(2, nothing, rsv: 4)[..4], maxMessageSize: 1000);
    }

    [Fact, Trait("rule", "D5")]
    public void All_arrays_return_to_the_pool_on_failure_and_on_dispose()
    {
        foreach (var last in new[] { ClientFrames.Frame(1, [0xFF], rsv: 4), ClientFrames.Frame(1, Hello.AsSpan(0, 3), fin: false, rsv: 4), ClientFrames.Frame(8, []) })
        {
            var pool = new CountingPool();
            var reader = new WebSocketReader(1000, new MessageInflater(Takeover, pool), pool);
            ReaderRun.Run(reader, [ClientFrames.Frame(1, Hello, rsv: 4), last], oneSegment: true);
            reader.Dispose();

            Assert.True(pool.Rented > 0);
            Assert.Equal(0, pool.Out);
        }
    }

    [Fact, Trait("rule", "D3"), Trait("rule", "D4"), Trait("rule", "W5")]
    public void Splits_and_segments_do_not_change_the_result() =>
        Gen.Select(Samples.Any.Array[1, 4], Gen.Int[1, 500].Array[1, 5], Gen.Int[0, 20_000], Gen.Bool).Sample(
            (messages, sizes, spoil, oneSegment) =>
            {
                var sender = new Zlib.Sender();
                var frames = messages.SelectMany(message => Fragments(sender.Compress(message), sizes)).ToArray();
                var input = ClientFrames.Join(frames);
                if (spoil < input.Length)
                {
                    input[spoil] ^= 0x11;
                }

                var whole = Run(input, maxMessageSize: 60_000);
                using var pieces = new WebSocketReader(60_000, new MessageInflater(Takeover));
                Assert.Equal(whole, ReaderRun.Run(pieces, Segments.Cut(input, sizes), oneSegment));
            },
            iter: 200);

    private static IEnumerable<byte[]> Fragments(byte[] payload, int[] sizes)
    {
        var pieces = Segments.Cut(payload, [.. sizes.Select(size => size * 100)]);
        return pieces.Select((piece, i) => ClientFrames.Frame(i == 0 ? 1 + (payload.Length % 2) : 0, piece, i == pieces.Count - 1, i == 0 ? 4 : 0));
    }

    private static List<string> Run(byte[] input, int maxMessageSize = 1 << 20)
    {
        using var reader = new WebSocketReader(maxMessageSize, new MessageInflater(Takeover));
        return ReaderRun.Run(reader, [input], oneSegment: true);
    }

    private static void Fails(int code, byte[] input, int maxMessageSize = 1 << 20)
    {
        using var reader = new WebSocketReader(maxMessageSize, new MessageInflater(Takeover));
        Assert.StartsWith($"Failure:{code}:", Assert.Single(Run(input, maxMessageSize)), StringComparison.Ordinal);
        Assert.StartsWith(
            $"Failure:{code}:", Assert.Single(ReaderRun.Run(reader, Segments.Cut(input, 1), oneSegment: false)), StringComparison.Ordinal);
    }
}
