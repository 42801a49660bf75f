using System.Text;
using CsCheck;

namespace UpgradeProtocols.Tests.WebSockets;

public class Utf8ProgressTests
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    // Bytes that begin, continue or break characters in all possible ways.
    private static readonly byte[] Critical =
    [
        0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF,
        0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xF8, 0xFF,
    ];

    private static readonly Gen<byte[]> Adversarial = Gen.OneOf(
        Gen.OneOf(Critical).Array[0, 12],
        Gen.Byte.Array[0, 40],
        Gen.Select(Gen.String[0, 80], Gen.OneOf(Critical).Array[0, 3], Gen.String[0, 20])
            .Select((before, bad, after) => (byte[])[.. Encoding.UTF8.GetBytes(before), .. bad, .. Encoding.UTF8.GetBytes(after)]));

    [Fact, Trait("rule", "W5")]
    public void Agrees_with_the_strict_encoding() =>
        Adversarial.Sample(bytes => Assert.Equal(IsValid(bytes), Validate([bytes])), iter: 20_000);

    [Fact, Trait("rule", "W5")]
    public void Agrees_with_the_strict_encoding_in_any_pieces() =>
        Gen.Select(Adversarial, Gen.Int[1, 9].Array[1, 6]).Sample(
            (bytes, sizes) => Assert.Equal(IsValid(bytes), Validate(Segments.Cut(bytes, sizes))), iter: 20_000);

    [Fact, Trait("rule", "W5")]
    public void Stops_at_the_byte_where_a_naive_automaton_stops() =>
        Adversarial.Sample(
            bytes =>
            {
                var first = FirstBadByte(bytes);
                for (var length = 0; length <= bytes.Length; length++)
                {
                    Utf8Progress whole = default;
                    Assert.Equal(first is null || length <= first, whole.Append(bytes.AsSpan(0, length)));
                }

                Utf8Progress bytewise = default;
                var accepted = bytes.TakeWhile(b => bytewise.Append([b])).Count();
                Assert.Equal(first ?? bytes.Length, accepted);
            },
            iter: 10_000);

    [Fact, Trait("rule", "W5")]
    public void Every_sequence_of_three_critical_bytes_agrees()
    {
        foreach (var a in Critical)
        {
            foreach (var b in Critical)
            {
                foreach (var c in Critical)
                {
                    byte[] bytes = [a, b, c];
                    Assert.Equal(IsValid(bytes), Validate([bytes]));
                    Assert.Equal(IsValid(bytes), Validate([[a], [b], [c]]));
                }
            }
        }
    }

    [Fact, Trait("rule", "W5")]
    public void Every_scalar_value_is_accepted_byte_by_byte()
    {
        Utf8Progress progress = default;
        Span<byte> bytes = stackalloc byte[4];
        for (var value = 0; value <= 0x10FFFF; value++)
        {
            if (Rune.TryCreate(value, out var rune))
            {
                foreach (var b in bytes[..rune.EncodeToUtf8(bytes)])
                {
                    Assert.True(progress.Append([b]));
                }

                Assert.True(progress.IsComplete);
            }
        }
    }

    private static bool Validate(IEnumerable<byte[]> pieces)
    {
        Utf8Progress progress = default;
        foreach (var piece in pieces)
        {
            if (!progress.Append(piece))
            {
                return false;
            }
        }

        return progress.IsComplete;
    }

    private static bool IsValid(byte[] bytes)
    {
        try
        {
            Strict.GetCharCount(bytes);
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }

    /// <summary>Returns the position of the first invalid byte, by the grammar in RFC 3629 §4, byte by byte.</summary>
    private static int? FirstBadByte(byte[] bytes)
    {
        var expected = new Queue<(int Low, int High)>();
        for (var i = 0; i < bytes.Length; i++)
        {
            int b = bytes[i];
            if (expected.TryDequeue(out var range))
            {
                if (b < range.Low || b > range.High)
                {
                    return i;
                }

                continue;
            }

            (int, int)[]? tail = b switch
            {
                <= 0x7F => [],
                >= 0xC2 and <= 0xDF => [(0x80, 0xBF)],
                0xE0 => [(0xA0, 0xBF), (0x80, 0xBF)],
                (>= 0xE1 and <= 0xEC) or 0xEE or 0xEF => [(0x80, 0xBF), (0x80, 0xBF)],
                0xED => [(0x80, 0x9F), (0x80, 0xBF)],
                0xF0 => [(0x90, 0xBF), (0x80, 0xBF), (0x80, 0xBF)],
                >= 0xF1 and <= 0xF3 => [(0x80, 0xBF), (0x80, 0xBF), (0x80, 0xBF)],
                0xF4 => [(0x80, 0x8F), (0x80, 0xBF), (0x80, 0xBF)],
                _ => null,
            };
            if (tail is null)
            {
                return i;
            }

            Array.ForEach(tail, expected.Enqueue);
        }

        return null;
    }
}
