using System.Buffers;
using System.Text;

namespace UpgradeProtocols.Fuzz;

/// <summary>The parser of request heads: the request or the refusal doesn't depend on how a head is split.</summary>
internal static class HeadTarget
{
    public static void Run(byte[] input)
    {
        var whole = Parse([input]);
        BrokenPromiseException.ThrowUnlessSame("The result does not depend on how the input is split.", whole, Parse(Cuts.Of(input)));

        var parser = new RequestHeadParser(HttpLimits.Default);
        var buffer = Cuts.Join(Cuts.Of(input));
        parser.Parse(ref buffer);
        BrokenPromiseException.ThrowUnlessSame("The result does not depend on the segments.", whole, Describe(parser, buffer.Length));
        parser.Reset();
    }

    private static string Parse(List<byte[]> pieces)
    {
        var parser = new RequestHeadParser(HttpLimits.Default);
        var rest = 0L;
        var status = HeadParseStatus.NeedMore;
        foreach (var piece in pieces)
        {
            var buffer = new ReadOnlySequence<byte>(piece);
            if (status == HeadParseStatus.NeedMore)
            {
                status = parser.Parse(ref buffer);
            }

            rest += buffer.Length;
            BrokenPromiseException.ThrowUnless(status != HeadParseStatus.NeedMore || buffer.IsEmpty, "The parser consumes all input when it needs more.");
        }

        var described = Describe(parser, rest);
        parser.Reset();
        return described;
    }

    private static string Describe(RequestHeadParser parser, long rest)
    {
        if (parser.Error is { } error)
        {
            BrokenPromiseException.ThrowUnless(error.StatusCode is >= 400 and < 600, "A refusal has an error status.");
            BrokenPromiseException.ThrowUnless(!error.Message.AsSpan().ContainsAny('\r', '\n'), "A refusal is one line.");
            return $"{error.StatusCode} {error.Message} {rest}";
        }

        if (parser.Head is not { } head)
        {
            return $"more {rest}";
        }

        var request = new UpgradeRequest(head);

        // The values that an application would read.
        var text = new StringBuilder();
        List<string> upgrade = [];
        var isList = request.Headers.TryGetList("Upgrade", upgrade);
        text.Append($"{request.Method} {request.Path} {request.QueryString} {request.Host} {request.HttpVersion} {request.Framing.Kind} ");
        text.Append($"{request.Framing.ContentLength} {request.KeepAlive} {request.ExpectsContinue} {isList} {string.Join('|', upgrade)} ");
        text.Append($"{request.GetQueryValue("a")} {request.Headers.Count} {rest}");
        BrokenPromiseException.ThrowUnless(request.Path.StartsWith('/') || request.Path == "*", "A path begins with a slash.");
        BrokenPromiseException.ThrowUnless(!request.Path.Contains('\0'), "A path has no NUL.");
        return text.ToString();
    }
}
