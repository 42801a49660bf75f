using System.IO.Compression;
using System.Text;

namespace UpgradeProtocols.Fuzz;

/// <summary>
/// The inflater, compared with its own results on other splits, and with zlib's. The first byte is the window's bits minus 8 (0 to 7)
/// and whether the context is taken over (8); the second is where the first message ends and the second begins.
/// </summary>
internal static class InflateTarget
{
    private const int Limit = 1 << 17;

    public static void Run(byte[] input)
    {
        if (input.Length < 2)
        {
            return;
        }

        var agreement = new DeflateAgreement { ClientWindowBits = 8 + (input[0] & 7), ClientContextTakeover = (input[0] & 8) != 0 };
        var body = input.AsSpan(2);
        var first = body[..(body.Length * (input[1] + 1) / 256)].ToArray();
        var second = body[first.Length..].ToArray();
        var whole = Inflate(agreement, [[first], [second]], out var verdict, out var output);
        var cut = Inflate(agreement, [Cuts.Of(first), Cuts.Of(second)], out _, out _);
        BrokenPromiseException.ThrowUnlessSame("The result does not depend on how the input is split.", whole, cut);
        CompareWithZlib(first, verdict, output);
    }

    private static string Inflate(DeflateAgreement agreement, List<byte[]>[] messages, out InflateResult verdict, out byte[] output)
    {
        var pool = new TrackingPool<byte>();
        var outcome = new StringBuilder();
        (verdict, output) = (InflateResult.Done, []);
        using (var inflater = new MessageInflater(agreement, pool))
        {
            for (var i = 0; i < messages.Length; i++)
            {
                var buffer = new MessageBuffer(pool);
                var result = Inflate(inflater, messages[i], buffer);
                outcome.Append($"{result} {Convert.ToHexString(buffer.Span)}\n");
                BrokenPromiseException.ThrowUnless(buffer.Length <= Limit, "The output is not longer than the limit.");
                if (i == 0)
                {
                    (verdict, output) = (result, buffer.Span.ToArray());
                }

                buffer.Release();
                if (result != InflateResult.Done)
                {
                    break;
                }
            }
        }

        BrokenPromiseException.ThrowUnless(pool is { Out: 0, ReturnedTwice: 0 }, $"Each buffer is returned once: {pool.Out} are not returned, {pool.ReturnedTwice} were returned twice.");
        return outcome.ToString();
    }

    private static InflateResult Inflate(MessageInflater inflater, List<byte[]> pieces, MessageBuffer buffer)
    {
        foreach (var piece in pieces)
        {
            if (inflater.Inflate(piece, buffer, Limit) is not InflateResult.Done and var result)
            {
                return result;
            }
        }

        return inflater.End(buffer);
    }

    /// <summary>The inflater refuses the same input as zlib, and its output starts with zlib's (zlib stops at a final block).</summary>
    private static void CompareWithZlib(byte[] message, InflateResult verdict, byte[] output)
    {
        using var inflated = new MemoryStream();
        var isRefused = false;
        try
        {
            using var zlib = new DeflateStream(new MemoryStream([.. message, 0x00, 0x00, 0xFF, 0xFF]), CompressionMode.Decompress);
            var chunk = new byte[512];
            for (int read; inflated.Length <= Limit && (read = zlib.Read(chunk)) > 0;)
            {
                inflated.Write(chunk, 0, read);
            }
        }
        catch (InvalidDataException)
        {
            isRefused = true;
        }

        var expected = inflated.ToArray();
        var common = Math.Min(expected.Length, output.Length);
        BrokenPromiseException.ThrowUnless(expected.AsSpan(0, common).SequenceEqual(output.AsSpan(0, common)), "The bytes are the same as zlib's.");
        if (verdict == InflateResult.Done)
        {
            BrokenPromiseException.ThrowUnless(!isRefused, "The inflater refuses input that zlib refuses.");
            BrokenPromiseException.ThrowUnless(expected.Length <= output.Length, "The output contains all of zlib's output.");
        }
    }
}
