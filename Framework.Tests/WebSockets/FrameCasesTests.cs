namespace UpgradeProtocols.Tests.WebSockets;

public class FrameCasesTests
{
    // The other cases test dispatch.
    public static TheoryData<string> Cases => [.. FrameCase.All().Select(item => item.Id).Where(id => id[0] is 'W' or 'D')];

    [Theory, Trait("rule", "W1"), Trait("rule", "W2"), Trait("rule", "W3"), Trait("rule", "W4"), Trait("rule", "W5"), Trait("rule", "W6")]
    [Trait("rule", "W7"), Trait("rule", "D1"), Trait("rule", "D2"), Trait("rule", "D3"), Trait("rule", "D4")]
    [MemberData(nameof(Cases))]
    public void The_reader_returns_the_events_that_the_case_expects(string id)
    {
        var item = FrameCase.All().Single(candidate => candidate.Id == id);
        var input = item.Input();
        using var whole = Reader(item);
        using var pieces = Reader(item);

        Assert.True(item.AgreesAsExpected);
        Assert.True(item.Accepts(ReaderRun.Run(whole, [input], oneSegment: true)));
        Assert.True(item.Accepts(ReaderRun.Run(pieces, Segments.Cut(input, item.Piece ?? 1000), oneSegment: false)));
    }

    private static WebSocketReader Reader(FrameCase item) =>
        new(item.MaxMessageSize, item.Agreement is { } agreement ? new MessageInflater(agreement) : null);
}
