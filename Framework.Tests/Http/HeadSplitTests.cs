using System.Text;
using CsCheck;

namespace UpgradeProtocols.Tests.Http;

[Trait("rule", "H1")]
public class HeadSplitTests
{
    private const string Upgrade =
        "\r\nGET http://example.com/a/%2e%2e/caf%C3%A9?q=1 HTTP/1.1\r\nHost: localhost:5080\r\nConnection: keep-alive, Upgrade\r\n" +
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nX-A: caf\u00e9\r\n\r\n";

    private static readonly Gen<int[]> Cuts = Gen.Int[0, 100_000].Array[0, 20];

    [Fact]
    public void Any_split_gives_the_same_request_and_leaves_the_following_bytes()
    {
        var input = Pieces.Bytes(Upgrade + "rest\r\n");
        var whole = Heads.Parse(Pieces.Whole(input));
        Assert.Equal((HeadParseStatus.Done, "rest\r\n"), (whole.Status, whole.Rest));
        Cuts.Sample(cuts =>
        {
            var pieces = Pieces.At(input, cuts);
            return Heads.Parse(pieces) == whole && Heads.ParseSequence(pieces) == whole;
        });
    }

    [Fact]
    public void Any_mutation_has_the_same_outcome_for_every_split_and_never_throws()
    {
        var mutations = Gen.Select(Gen.Int[0, 100_000], Gen.Byte, Gen.Int[0, 2]).Array[1, 6];
        Gen.Select(mutations, Cuts).Sample((changes, cuts) =>
        {
            var input = Mutate(Pieces.Bytes(Upgrade), changes);
            var whole = Heads.Parse(Pieces.Whole(input));
            return Heads.Parse(Pieces.At(input, cuts)) == whole
                && Heads.ParseSequence(Pieces.OneByOne(input)) == whole
                && (whole.Error is null || whole.Error.Value.StatusCode is >= 400 and < 600);
        });
    }

    [Fact]
    public void Random_bytes_never_throw() => Gen.Byte.Array[0, 200].Sample(input => Heads.ParseEveryWay(input) is not null);

    [Fact]
    public void Every_prefix_of_a_head_needs_more_data()
    {
        var input = Pieces.Bytes(Upgrade);
        for (var length = 0; length < input.Length; length++)
        {
            Assert.Equal(HeadParseStatus.NeedMore, Heads.Parse([input[..length]]).Status);
        }
    }

    [Fact, Trait("rule", "H10")]
    public void Pipelined_heads_are_parsed_one_at_a_time()
    {
        var parser = new RequestHeadParser(HttpLimits.Default);
        var buffer = new System.Buffers.ReadOnlySequence<byte>(Pieces.Bytes(
            "GET /1 HTTP/1.1\r\nHost: a\r\nX: 1\r\n\r\n\r\nGET /2 HTTP/1.0\r\n\r\nGET /3 HTTP/1.1\r\nHost: c\r\n\r\n"));
        var requests = new List<string>();
        while (!buffer.IsEmpty)
        {
            Assert.Equal(HeadParseStatus.Done, parser.Parse(ref buffer));
            var request = new UpgradeRequest(parser.Head!.Value);
            requests.Add($"{request.Path} {request.HttpVersion} {request.Host} {request.Headers.Count}");
            parser.Reset();
            Assert.Null(parser.Head);
        }

        Assert.Equal(["/1 1.1 a 2", "/2 1.0  0", "/3 1.1 c 1"], requests);
    }

    [Fact]
    public void A_finished_parser_consumes_no_more_data()
    {
        var parser = new RequestHeadParser(HttpLimits.Default);
        Heads.Feed(parser, [Pieces.Bytes(Upgrade)]);
        Assert.Equal("abc", Encoding.ASCII.GetString(Heads.Feed(parser, [Pieces.Bytes("abc")])));
    }

    // The test counts allocations and measures no time. The parser cannot read consumed bytes again (Heads.Feed checks that none is left),
    // and it copies the bytes that it keeps a bounded number of times.
    [Fact]
    public void A_head_that_arrives_byte_by_byte_allocates_as_much_as_a_whole_head()
    {
        var input = Pieces.Bytes("GET / HTTP/1.1\r\nHost: a\r\nX: " + new string('v', 30_000) + "\r\n\r\n");
        var whole = Allocated(Pieces.Whole(input));
        var oneByOne = Allocated(Pieces.OneByOne(input));
        Assert.InRange(oneByOne, 0, whole + 2048);
    }

    private static long Allocated(byte[][] pieces)
    {
        var sequences = Array.ConvertAll(pieces, p => new System.Buffers.ReadOnlySequence<byte>(p));
        long Run()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var parser = new RequestHeadParser(HttpLimits.Default);
            foreach (var sequence in sequences)
            {
                var buffer = sequence;
                parser.Parse(ref buffer);
            }

            Assert.NotNull(parser.Head);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Run(); // Fills the array pool and initializes static fields.
        return Run();
    }

    private static byte[] Mutate(byte[] input, (int At, byte Value, int Kind)[] changes)
    {
        var bytes = input.ToList();
        foreach (var (at, value, kind) in changes)
        {
            var index = at % bytes.Count;
            switch (kind)
            {
                case 0:
                    bytes[index] = value;
                    break;
                case 1:
                    bytes.Insert(index, value);
                    break;
                default:
                    bytes.RemoveAt(index);
                    break;
            }
        }

        return [.. bytes];
    }
}
