using System.Buffers;
using System.Globalization;
using System.Text;
using CsCheck;

namespace UpgradeProtocols.Tests.Http;

[Trait("rule", "H8")]
public class ChunkedDecoderTests
{
    private sealed record Outcome(bool IsDone, HttpRequestError? Error, string Body, string Rest);

    [Theory]
    [InlineData("0\r\n\r\n", "")]
    [InlineData("5\r\nhello\r\n0\r\n\r\n", "hello")]
    [InlineData("1\r\na\r\nA\r\n0123456789\r\n000\r\n\r\n", "a0123456789")]
    [InlineData("00000000000000a\r\n0123456789\r\n0\r\n\r\n", "0123456789")]
    [InlineData("2\r\n\r\n\r\n0\r\n\r\n", "\r\n")]
    [InlineData("1;x\r\na\r\n0;y=\"\u00e9;,\"\r\n\r\n", "a")]
    [InlineData("1 \t;x\r\na\r\n0\r\n\r\n", "a")]
    [InlineData("1\r\na\r\n0\r\nX-Sum: 1\r\nY:\r\n\r\n", "a")]
    public void A_well_formed_body_is_decoded_exactly_to_its_end(string coded, string body)
    {
        var outcome = DecodeEveryWay(coded + "GET /");
        Assert.Equal(new Outcome(true, null, body, "GET /"), outcome);
    }

    [Theory]
    [InlineData("\r")]
    [InlineData("g")]
    [InlineData("+")]
    [InlineData("-")]
    [InlineData(" ")]
    [InlineData("0x")]
    [InlineData(";")]
    [InlineData("1\n")]
    [InlineData("1\r1")]
    [InlineData("1 \r")]
    [InlineData("1 1")]
    [InlineData("1,")]
    [InlineData("1;\n")]
    [InlineData("1;\0")]
    [InlineData("1;\u007f")]
    [InlineData("1\r\nab")]
    [InlineData("1\r\na\n")]
    [InlineData("1\r\na\ra")]
    [InlineData("1\r\na\r\n\r")]
    [InlineData("00000000000000000")]
    [InlineData("0\r\n\n")]
    [InlineData("0\r\n ")]
    [InlineData("0\r\nX ")]
    [InlineData("0\r\nX: \0")]
    [InlineData("0\r\n\r\r")]
    public void A_malformed_body_is_refused_at_its_first_invalid_byte(string upToWrongByte)
    {
        Assert.Null(Decode(Pieces.Whole(Pieces.Bytes(upToWrongByte[..^1]))).Error);
        Assert.Equal(400, DecodeEveryWay(upToWrongByte).Error?.StatusCode);
        Assert.Equal(400, DecodeEveryWay(upToWrongByte + "\r\n0\r\n\r\n").Error?.StatusCode);
    }

    [Theory, Trait("rule", "H7")]
    [InlineData("9\r\n")]
    [InlineData("FFFFFFFFFFFFFFFF\r\n")]
    [InlineData("8000000000000000\r\n")]
    [InlineData("8\r\n12345678\r\n1\r\n")]
    public void A_body_over_the_limit_is_413_before_it_arrives(string coded) =>
        Assert.Equal(413, DecodeEveryWay(coded, new HttpLimits { MaxRequestBodySize = 8 }).Error?.StatusCode);

    [Fact, Trait("rule", "H7")]
    public void A_body_at_the_limit_is_accepted() =>
        Assert.True(DecodeEveryWay("8\r\n12345678\r\n0\r\n\r\n", new HttpLimits { MaxRequestBodySize = 8 }).IsDone);

    [Theory]
    [InlineData(";x")]
    [InlineData(";x=y")]
    [InlineData(" ; x = y\t;z")]
    [InlineData(";x=\"\"")]
    [InlineData(";x=\"a \\\" b;\\\\ \u00FF\";y=z")]
    [InlineData(";!#$=~")]
    public void Well_formed_extensions_are_skipped(string extensions) =>
        Assert.Equal(new Outcome(true, null, "a", ""), DecodeEveryWay($"1{extensions}\r\na\r\n0{extensions}\r\n\r\n"));

    [Theory]
    [InlineData(";")]
    [InlineData(";x;")]
    [InlineData(";;x")]
    [InlineData(";=y")]
    [InlineData(";x=")]
    [InlineData(";x==y")]
    [InlineData(";x=y=z")]
    [InlineData(";x y")]
    [InlineData(";x ")]
    [InlineData(";x=y ")]
    [InlineData(";x=y z")]
    [InlineData(";x=\"unclosed")]
    [InlineData(";x=\"unclosed\\\"")]
    [InlineData(";x=\"a\"b")]
    [InlineData(";x=\"a\" ")]
    [InlineData(";\"x\"")]
    [InlineData(";x=a\"b\"")]
    [InlineData(";x=a/b")]
    [InlineData(";x=\u00FF")]
    [InlineData(";x=\"\u0001\"")]
    [InlineData(";x=\"\\\u0001\"")]
    [InlineData(" ")]
    [InlineData(" ; ")]
    [InlineData(" x")]
    [InlineData("x")]
    public void Malformed_extensions_are_400(string extensions)
    {
        Assert.Equal(400, DecodeEveryWay($"1{extensions}\r\na\r\n0\r\n\r\n").Error?.StatusCode);
        Assert.Equal(400, DecodeEveryWay($"1\r\na\r\n0{extensions}\r\n\r\n").Error?.StatusCode);
    }

    [Theory]
    [InlineData("A : 1\r\n")]
    [InlineData(": 1\r\n")]
    [InlineData("A\r\n")]
    [InlineData(" A: 1\r\n")]
    [InlineData("A: 1\r\n b\r\n")]
    [InlineData("A: \u0001\r\n")]
    [InlineData("A: 1\n")]
    [InlineData("A\u00FF: 1\r\n")]
    public void Malformed_trailers_are_400(string trailers) =>
        Assert.Equal(400, DecodeEveryWay($"0\r\n{trailers}\r\n").Error?.StatusCode);

    [Fact]
    public void The_size_of_extensions_is_limited_for_the_whole_body()
    {
        static string Chunk(int extension) => $"1;{new string('x', extension - 1)}\r\na\r\n";
        Assert.True(DecodeEveryWay($"{Chunk(2048)}{Chunk(2048)}0\r\n\r\n").IsDone);
        Assert.Equal(400, DecodeEveryWay($"{Chunk(2048)}{Chunk(2049)}0\r\n\r\n").Error?.StatusCode);
        Assert.Equal(400, DecodeEveryWay("1" + new string(' ', 4097)).Error?.StatusCode);
    }

    [Fact]
    public void Trailers_have_the_limits_of_headers()
    {
        var limits = new HttpLimits { MaxHeadSize = 50, MaxFieldCount = 2 };
        Assert.True(DecodeEveryWay("0\r\nA: 1\r\nB: 2\r\n\r\n", limits).IsDone);
        Assert.Equal(431, DecodeEveryWay("0\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n", limits).Error?.StatusCode);
        Assert.Equal(431, DecodeEveryWay($"0\r\nA: {new string('v', 50)}\r\n\r\n", limits).Error?.StatusCode);
    }

    [Fact]
    public void Any_body_in_any_chunks_and_pieces_is_decoded_unchanged()
    {
        var cuts = Gen.Int[0, 100_000].Array[0, 20];
        Gen.Select(Gen.Byte.Array[0, 40].Array[0, 8], cuts).Sample((chunks, at) =>
        {
            var coded = new List<byte>();
            foreach (var chunk in chunks.Where(c => c.Length > 0))
            {
                coded.AddRange([.. Pieces.Bytes(chunk.Length.ToString("x", CultureInfo.InvariantCulture) + "\r\n"), .. chunk, .. "\r\n"u8]);
            }

            coded.AddRange("0\r\n\r\nrest"u8);
            var body = Encoding.Latin1.GetString([.. chunks.SelectMany(c => c)]);
            var outcome = Decode(Pieces.At([.. coded], at));
            Assert.Equal(new Outcome(true, null, body, "rest"), outcome);
        });
    }

    [Fact]
    public void Random_bytes_have_the_same_outcome_for_every_split_and_never_throw()
    {
        var likely = Gen.Char["0012a;= \t\r\n\r\nxX:\0\u00e9"];
        Gen.String[likely, 0, 40].Sample(text => DecodeEveryWay(text) is not null);
    }

    private static Outcome DecodeEveryWay(string coded, HttpLimits? limits = null)
    {
        var input = Pieces.Bytes(coded);
        var whole = Decode(Pieces.Whole(input), limits);
        Assert.Equal(whole, Decode(Pieces.OneByOne(input), limits));
        Assert.Equal(whole, Decode(Pieces.At(input, [input.Length / 2, input.Length / 3]), limits));
        Assert.Equal(whole, DecodeSequence(Pieces.AsSequence(Pieces.OneByOne(input)), limits));
        return whole;
    }

    private static Outcome DecodeSequence(ReadOnlySequence<byte> buffer, HttpLimits? limits)
    {
        var decoder = new ChunkedDecoder(limits ?? HttpLimits.Default);
        var body = new PooledBuffer<byte>();
        decoder.Decode(ref buffer, body);
        return Describe(decoder, body, buffer.ToArray());
    }

    private static Outcome Decode(byte[][] pieces, HttpLimits? limits = null)
    {
        var decoder = new ChunkedDecoder(limits ?? HttpLimits.Default);
        var body = new PooledBuffer<byte>();
        byte[] rest = [];
        foreach (var piece in pieces)
        {
            var buffer = new ReadOnlySequence<byte>([.. rest, .. piece]);
            decoder.Decode(ref buffer, body);
            rest = buffer.ToArray();
            Assert.True(decoder.IsDone || decoder.Error is not null || rest.Length == 0);
        }

        return Describe(decoder, body, rest);
    }

    private static Outcome Describe(ChunkedDecoder decoder, PooledBuffer<byte> body, byte[] rest)
    {
        var text = Encoding.Latin1.GetString(body.Written);
        body.Release();
        decoder.Release();
        return new Outcome(decoder.IsDone, decoder.Error, text, Encoding.Latin1.GetString(rest));
    }
}
