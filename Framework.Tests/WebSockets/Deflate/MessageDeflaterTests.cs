using System.Buffers;
using System.IO.Compression;
using CsCheck;

namespace UpgradeProtocols.Tests.WebSockets;

public class MessageDeflaterTests
{
    private static readonly DeflateOptions All = new() { MinimumSize = 0 };

    public static MatrixTheoryData<bool, int, CompressionLevel> Combinations =>
        new([false, true], [8, 9, 12, 15], [CompressionLevel.Fastest, CompressionLevel.Optimal, CompressionLevel.SmallestSize, CompressionLevel.NoCompression]);

    [Theory, Trait("rule", "D2")]
    [MemberData(nameof(Combinations))]
    public void Zlib_and_the_inflater_inflate_deflated_messages(bool takeover, int windowBits, CompressionLevel level) =>
        Gen.Select(Samples.Any.Array[1, 12], Gen.Int[0, 500]).Sample(
            (messages, minimum) =>
            {
                var agreement = Agreement(takeover, windowBits);
                using var deflater = new MessageDeflater(agreement, new DeflateOptions { MinimumSize = minimum, Level = level });
                using var ours = new MessageInflater(new DeflateAgreement { ClientContextTakeover = agreement.ServerContextTakeover });
                var shared = new Zlib.Receiver();
                foreach (var message in messages)
                {
                    var (compressed, payload) = Write(deflater, message);
                    var theirs = agreement.ServerContextTakeover ? shared : new Zlib.Receiver();
                    Assert.Equal(message, compressed ? theirs.Inflate(payload) : payload);
                    Assert.Equal(message, compressed ? Inflate(ours, payload) : payload);
                    Assert.False(compressed && (message.Length < minimum || !agreement.FitsServerWindow(message.Length)));
                }
            },
            iter: 10);

    [Fact, Trait("rule", "D2")]
    public void A_thousand_messages_with_takeover_can_be_inflated()
    {
        using var deflater = new MessageDeflater(Agreement(takeover: true), All);
        using var inflater = new MessageInflater(new DeflateAgreement { ClientContextTakeover = true });
        var receiver = new Zlib.Receiver();
        for (var i = 0; i < 1000; i++)
        {
            var message = i % 10 == 9 ? Samples.Random(i * 5, seed: i) : Samples.Json(i % 40);
            var (compressed, payload) = Write(deflater, message);
            Assert.True(compressed);
            Assert.Equal(message, receiver.Inflate(payload));
            Assert.Equal(message, Inflate(inflater, payload));
        }
    }

    [Fact, Trait("rule", "D2")]
    public void A_repeated_message_is_a_few_bytes_with_takeover_only()
    {
        var message = Samples.Random(2000);
        using var with = new MessageDeflater(Agreement(takeover: true), All);
        using var without = new MessageDeflater(Agreement(takeover: false), All);

        Assert.True(Write(with, message).Compressed, "Random bytes too: the client's window must follow.");
        Assert.True(Write(with, message).Payload.Length < 100);
        Assert.False(Write(without, message).Compressed);
        Assert.Equal(message, Write(without, message).Payload);
    }

    [Theory, Trait("rule", "D2")]
    [InlineData(8, 256), InlineData(9, 512), InlineData(14, 16384)]
    public void A_message_larger_than_the_window_is_sent_uncompressed(int bits, int window)
    {
        using var deflater = new MessageDeflater(Agreement(takeover: false, bits), All);

        Assert.True(Write(deflater, new byte[window]).Compressed);
        Assert.False(Write(deflater, new byte[window + 1]).Compressed);
    }

    [Theory, Trait("rule", "D5")]
    [InlineData(true), InlineData(false)]
    public void An_empty_message_is_one_zero_byte_or_uncompressed(bool takeover)
    {
        using var deflater = new MessageDeflater(Agreement(takeover), All);
        for (var i = 0; i < 3; i++)
        {
            var (compressed, payload) = Write(deflater, []);
            Assert.Equal(compressed ? [0x00] : [], payload);
            Assert.Equal(takeover, compressed);
            Write(deflater, Samples.Json(3));
        }

        var buffer = new MessageBuffer(ArrayPool<byte>.Shared);
        Assert.Equal([0x00], DeflateOnce.Compress([], CompressionLevel.Fastest, buffer).ToArray());
    }

    [Fact, Trait("rule", "D5")]
    public void Small_messages_are_sent_uncompressed()
    {
        using var deflater = new MessageDeflater(Agreement(takeover: true), new DeflateOptions());

        Assert.False(Write(deflater, new byte[255]).Compressed);
        Assert.True(Write(deflater, new byte[256]).Compressed);
    }

    [Fact, Trait("rule", "D5")]
    public void Contexts_are_counted_and_a_deflater_over_the_limit_works_without_one()
    {
        var options = All with { ContextLimit = new DeflateContextLimit(1) };
        var first = new MessageDeflater(Agreement(takeover: true), options);
        using var second = new MessageDeflater(Agreement(takeover: true), options);
        var message = Samples.Json(20);

        Assert.Equal(0, options.ContextLimit.Count);
        Write(first, message);
        Assert.Equal(1, options.ContextLimit.Count);
        Assert.Equal(Write(second, message).Payload, Write(second, message).Payload);

        first.Dispose();
        first.Dispose();
        Assert.Equal(0, options.ContextLimit.Count);
        Assert.Throws<ObjectDisposedException>(() => Write(first, message));
    }

    [Fact, Trait("rule", "D5")]
    public void No_buffer_is_kept_between_messages()
    {
        var pool = new CountingPool();
        using var deflater = new MessageDeflater(Agreement(takeover: true), All, pool);

        Write(deflater, Samples.Json(200));

        Assert.True(pool.Rented > 0);
        Assert.Equal(0, pool.Out);
    }

    [Fact, Trait("rule", "D2")]
    public void A_message_compressed_once_fits_connections_without_takeover_with_a_large_enough_window()
    {
        var message = Samples.Json(10);
        var buffer = new MessageBuffer(ArrayPool<byte>.Shared);

        Assert.Equal(message, new Zlib.Receiver().Inflate(DeflateOnce.Compress(message, CompressionLevel.Fastest, buffer)));
        Assert.True(Agreement(takeover: false).TakesCompressedOnce(message.Length));
        Assert.False(Agreement(takeover: true).TakesCompressedOnce(message.Length));
        Assert.True(Agreement(takeover: false, windowBits: 9).TakesCompressedOnce(512));
        Assert.False(Agreement(takeover: false, windowBits: 9).TakesCompressedOnce(513));
    }

    private static DeflateAgreement Agreement(bool takeover, int windowBits = 15) =>
        new() { ServerContextTakeover = takeover && windowBits == 15, ServerWindowBits = windowBits };

    private static (bool Compressed, byte[] Payload) Write(MessageDeflater deflater, byte[] message)
    {
        var output = new ArrayBufferWriter<byte>();
        deflater.WriteMessage(output, MessageKind.Binary, message);
        var head = (output.WrittenSpan[1] & 0x7F) switch { 127 => 10, 126 => 4, _ => 2 };
        Assert.Equal(0x82, output.WrittenSpan[0] & 0xBF);
        return ((output.WrittenSpan[0] & 0x40) != 0, output.WrittenSpan[head..].ToArray());
    }

    private static byte[] Inflate(MessageInflater inflater, byte[] payload)
    {
        var output = new MessageBuffer(ArrayPool<byte>.Shared);
        Assert.Equal(InflateResult.Done, inflater.Inflate(payload, output, 1 << 20));
        Assert.Equal(InflateResult.Done, inflater.End(output));
        var message = output.Span.ToArray();
        output.Release();
        return message;
    }
}
