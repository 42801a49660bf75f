using UpgradeProtocols.Tests.Hosting;

namespace UpgradeProtocols.Tests.Wire;

public class WireTests(WireServer server) : IClassFixture<WireServer>
{
    public static TheoryData<string> Handshakes => [.. WireCase.All("handshake.jsonl").Where(WireServer.IsOverSockets).Select(item => item.Id)];

    public static TheoryData<string> Frames => [.. WireCase.All("frames.jsonl").Where(WireServer.IsOverSockets).Select(item => item.Id)];

    [Theory, MemberData(nameof(Handshakes))]
    [Trait("rule", "H1"), Trait("rule", "H2"), Trait("rule", "H3"), Trait("rule", "H4"), Trait("rule", "H5"), Trait("rule", "H6")]
    [Trait("rule", "H7"), Trait("rule", "H8"), Trait("rule", "H10"), Trait("rule", "H11")]
    [Trait("rule", "N1"), Trait("rule", "N2"), Trait("rule", "N3"), Trait("rule", "N4"), Trait("rule", "N5"), Trait("rule", "N6")]
    [Trait("rule", "N7"), Trait("rule", "N8"), Trait("rule", "S1"), Trait("rule", "S2"), Trait("rule", "S3"), Trait("rule", "S4")]
    [Trait("rule", "S5"), Trait("rule", "S6"), Trait("rule", "S7"), Trait("rule", "S8")]
    public Task The_handshake_matches_the_case(string id) => server.ResultAsync(id);

    [Theory, MemberData(nameof(Frames))]
    [Trait("rule", "W1"), Trait("rule", "W2"), Trait("rule", "W3"), Trait("rule", "W4"), Trait("rule", "W5"), Trait("rule", "W6"), Trait("rule", "W7")]
    [Trait("rule", "D1"), Trait("rule", "D2"), Trait("rule", "D3"), Trait("rule", "D4")]
    public Task The_replies_to_the_frames_match_the_case(string id) => server.ResultAsync(id);

    [Fact, Trait("rule", "H9")]
    public async Task A_slow_head_is_answered_when_its_timeout_expires()
    {
        await using var memory = new TestServer(WireServer.Declare);
        var run = WireCase.All("handshake.jsonl").Single(item => item.Id == "H9-slow-head").RunHandshakeAsync(memory.Connect());

        var elapsed = await memory.AdvanceUntilAsync(run);

        Assert.InRange(elapsed, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30));
    }
}

/// <summary>The same cases on the epoll transport.</summary>
public class EpollWireTests(EpollWireServer server) : IClassFixture<EpollWireServer>
{
    public static TheoryData<string> Handshakes => WireTests.Handshakes;

    public static TheoryData<string> Frames => WireTests.Frames;

    [Theory, MemberData(nameof(Handshakes))]
    public Task The_handshake_matches_the_case(string id) => server.ResultAsync(id);

    [Theory, MemberData(nameof(Frames))]
    public Task The_replies_to_the_frames_match_the_case(string id) => server.ResultAsync(id);
}
