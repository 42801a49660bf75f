using System.Buffers;
using System.Text;

namespace UpgradeProtocols.Tests.Http;

/// <summary>The result of parsing a head, in a form that allows two runs to be compared.</summary>
internal sealed record HeadOutcome(HeadParseStatus Status, HttpRequestError? Error, string? Request, string Rest);

/// <summary>Parses heads in several ways and checks that the results are equal.</summary>
internal static class Heads
{
    public const string Headers = "Host: localhost\r\n\r\n";

    /// <summary>Returns the error for a refused head. The error is the same for every split.</summary>
    public static HttpRequestError Refuse(string head, HttpLimits? limits = null)
    {
        var outcome = ParseEveryWay(Pieces.Bytes(head), limits);
        Assert.Equal(HeadParseStatus.Failed, outcome.Status);
        var error = outcome.Error!.Value;
        Assert.DoesNotContain('\n', error.Message);
        Assert.NotEmpty(error.Message);
        return error;
    }

    /// <summary>Returns the request of the head. The request is the same for every split.</summary>
    public static UpgradeRequest Accept(string head, HttpLimits? limits = null)
    {
        var outcome = ParseEveryWay(Pieces.Bytes(head), limits);
        Assert.Null(outcome.Error);
        Assert.Equal(HeadParseStatus.Done, outcome.Status);
        var parser = new RequestHeadParser(limits ?? HttpLimits.Default);
        Feed(parser, Pieces.Whole(Pieces.Bytes(head)));
        return new UpgradeRequest(parser.Head!.Value);
    }

    /// <summary>Returns the error at the last byte. The bytes before it must cause no error.</summary>
    public static HttpRequestError RefuseAtLastByte(string head)
    {
        var parser = new RequestHeadParser(HttpLimits.Default);
        var bytes = Pieces.Bytes(head);
        Feed(parser, [bytes[..^1]]);
        Assert.Null(parser.Error);
        Feed(parser, [bytes[^1..]]);
        return Assert.NotNull(parser.Error);
    }

    public static HeadOutcome ParseEveryWay(byte[] input, HttpLimits? limits = null)
    {
        var whole = Parse(Pieces.Whole(input), limits);
        Assert.Equal(whole, Parse(Pieces.OneByOne(input), limits));
        Assert.Equal(whole, Parse(Pieces.At(input, [input.Length / 2, input.Length / 3, input.Length / 3]), limits));
        Assert.Equal(whole, ParseSequence(Pieces.OneByOne(input), limits));
        return whole;
    }

    /// <summary>Feeds the pieces in order, like a pipe: unconsumed bytes precede the next piece.</summary>
    public static HeadOutcome Parse(byte[][] pieces, HttpLimits? limits = null)
    {
        var parser = new RequestHeadParser(limits ?? HttpLimits.Default);
        return Describe(parser, Feed(parser, pieces));
    }

    public static HeadOutcome ParseSequence(byte[][] pieces, HttpLimits? limits = null)
    {
        var parser = new RequestHeadParser(limits ?? HttpLimits.Default);
        var sequence = Pieces.AsSequence(pieces);
        parser.Parse(ref sequence);
        return Describe(parser, sequence.ToArray());
    }

    public static byte[] Feed(RequestHeadParser parser, byte[][] pieces)
    {
        byte[] rest = [];
        foreach (var piece in pieces)
        {
            var buffer = new ReadOnlySequence<byte>([.. rest, .. piece]);
            var status = parser.Parse(ref buffer);
            rest = buffer.ToArray();
            Assert.True(status != HeadParseStatus.NeedMore || rest.Length == 0, "Bytes were left that would have to be looked at again.");
        }

        return rest;
    }

    private static HeadOutcome Describe(RequestHeadParser parser, byte[] rest)
    {
        var status = parser.Error is not null ? HeadParseStatus.Failed
            : parser.Head is not null ? HeadParseStatus.Done : HeadParseStatus.NeedMore;
        var request = parser.Head is { } head ? Describe(new UpgradeRequest(head)) : null;
        return new HeadOutcome(status, parser.Error, request, Encoding.Latin1.GetString(rest));
    }

    private static string Describe(UpgradeRequest request) =>
        $"{request.Method} {request.Path} {request.RawTarget} {request.QueryString} {request.HttpVersion} {request.Host} " +
        $"{request.Framing.Kind} {request.Framing.ContentLength} {request.KeepAlive} {string.Join('|', request.Headers)}";
}
