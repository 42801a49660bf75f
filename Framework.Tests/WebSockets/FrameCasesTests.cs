namespace UpgradeProtocols.Tests.WebSockets;

public class FrameCasesTests
{
    public static TheoryData<string> Cases => [.. FrameCase.All().Where(IsForTheReader).Select(item => item.Id)];

    [Theory, Trait("rule", "W1"), Trait("rule", "W2"), Trait("rule", "W3"), Trait("rule", "W4"), Trait("rule", "W5"), Trait("rule", "W6"), Trait("rule", "W7")]
    [MemberData(nameof(Cases))]
    public void The_reader_gives_what_the_case_expects(string id)
    {
        var item = FrameCase.All().Single(candidate => candidate.Id == id);
        var input = item.Input();
        using var reader = new WebSocketReader(item.MaxMessageSize);

        Assert.True(item.Accepts(ReaderRun.Whole(input, item.MaxMessageSize)));
        Assert.True(item.Accepts(ReaderRun.Run(reader, Segments.Cut(input, item.Piece ?? 1000), oneSegment: false)));
    }

    // The rest is about the handshake or about compression.
    private static bool IsForTheReader(FrameCase item) => !item.IsCompressed && item.Id.StartsWith('W');
}
