using System.Buffers;
using CsCheck;
using UpgradeProtocols.Tests.WebSockets;

namespace UpgradeProtocols.Tests.Fuzz;

/// <summary>One side reads the bytes that the other side writes.</summary>
public class RoundTripTests
{
    private static readonly Gen<byte[]> Bytes = Gen.OneOf(
        Gen.Byte.Array[0, 400],
        Gen.Select(Gen.Byte, Gen.Int[0, 70_000]).Select((value, count) => Enumerable.Repeat(value, count).ToArray()),
        Gen.Select(Gen.Byte.Array[1, 50], Gen.Int[1, 200]).Select((part, count) => Enumerable.Repeat(part, count).SelectMany(bytes => bytes).ToArray()));

    [Fact, Trait("rule", "D2")]
    public void Deflated_data_is_inflated_with_and_without_takeover_in_every_window()
    {
        Gen.Select(Bytes.Array[1, 6], Gen.Bool, Gen.Int[8, 15], Gen.Int[1, 5000].Array[1, 4]).Sample(
            (messages, takeover, bits, cuts) =>
            {
                var pool = new CountingPool();
                var server = new DeflateAgreement { ServerContextTakeover = takeover, ServerWindowBits = bits };
                using (var deflater = new MessageDeflater(server, new DeflateOptions { MinimumSize = 0 }, pool))
                using (var inflater = new MessageInflater(new DeflateAgreement { ClientContextTakeover = takeover, ClientWindowBits = bits }, pool))
                {
                    foreach (var message in messages)
                    {
                        Assert.Equal(message, There(deflater, inflater, message, cuts, pool));
                    }
                }

                Assert.Equal(0, pool.Out);
            },
            iter: 150,
            threads: 1);
    }

    [Fact]
    public void An_envelope_is_read_as_it_was_written()
    {
        var words = Gen.String[Gen.Char.AlphaNumeric, 1, 20];
        Gen.Select(words, Gen.Int[0, int.MaxValue], Gen.OneOf(Gen.Const("null"), Gen.Const("{}"), Gen.Int.Select(i => $"[{i}]"), words.Select(word => $"\"{word}\"")))
            .Sample(
                (name, id, payload) =>
                {
                    var output = MessageWriter.Rent();
                    var format = new JsonMessageFormat();
                    var header = new MessageHeader
                    {
                        Kind = EnvelopeKind.Call,
                        Name = System.Text.Encoding.UTF8.GetBytes(name),
                        Id = System.Text.Encoding.UTF8.GetBytes($"{id}"),
                    };
                    format.WriteStart(output, header);
                    output.Write(System.Text.Encoding.UTF8.GetBytes(payload));
                    format.WriteEnd(output, header);
                    var envelope = default(MessageEnvelope);
                    Assert.True(format.TryRead(output.Written, ref envelope));
                    Assert.Equal(
                        (EnvelopeKind.Call, name, $"{id}", payload),
                        (envelope.Kind, Text(envelope.Name), Text(envelope.Id), Text(envelope.Payload)));
                    output.Return();
                },
                iter: 500,
                threads: 1);

        static string Text(ReadOnlySpan<byte> bytes) => System.Text.Encoding.UTF8.GetString(bytes);
    }

    private static byte[] There(MessageDeflater deflater, MessageInflater inflater, byte[] message, int[] cuts, CountingPool pool)
    {
        var output = new ArrayBufferWriter<byte>();
        deflater.WriteMessage(output, MessageKind.Binary, message);
        var frame = output.WrittenSpan.ToArray();
        var head = frame[1] switch { < 126 => 2, 126 => 4, _ => 10 };
        var payload = frame[head..];
        if ((frame[0] & 0x40) == 0)
        {
            return payload;
        }

        var inflated = new MessageBuffer(pool);
        foreach (var piece in Segments.Cut(payload, cuts))
        {
            Assert.Equal(InflateResult.Done, inflater.Inflate(piece, inflated, 1 << 20));
        }

        Assert.Equal(InflateResult.Done, inflater.End(inflated));
        var bytes = inflated.Span.ToArray();
        inflated.Release();
        return bytes;
    }
}
