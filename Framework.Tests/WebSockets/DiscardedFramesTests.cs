using System.Buffers;

namespace UpgradeProtocols.Tests.WebSockets;

[Trait("rule", "W8")]
public class DiscardedFramesTests
{
    public static TheoryData<byte[]> Frames => new(
        ClientFrames.Frame(1, "text"u8),
        ClientFrames.Frame(2, new byte[200]),
        ClientFrames.Frame(2, new byte[70_000]),
        ClientFrames.Frame(3, "a reserved opcode"u8),
        ClientFrames.Frame(2, [0x88, 0x80, 0, 0, 0, 0]),
        [0x81, 0x02, 0x88, 0x80],
        [0xF1, 0x80, 1, 2, 3, 4],
        []);

    [Theory]
    [MemberData(nameof(Frames))]
    public void A_Close_is_found_behind_any_frame_in_any_pieces(byte[] before)
    {
        byte[] bytes = [.. before, .. ClientFrames.Frame(8, [3, 232, .. "bye"u8])];
        foreach (var piece in (int[])[1, 3, 1000, bytes.Length])
        {
            var frames = new DiscardedFrames(rest: 0);
            for (var at = 0; at < bytes.Length; at += piece)
            {
                Assert.False(frames.HasClose);
                frames.Take(new ReadOnlySequence<byte>(bytes.AsMemory(at, Math.Min(piece, bytes.Length - at))));
            }

            Assert.True(frames.HasClose);
        }
    }

    [Fact]
    public void The_rest_of_the_previous_frame_is_skipped()
    {
        var frames = new DiscardedFrames(rest: 6);
        frames.Take(new ReadOnlySequence<byte>((byte[])[0x88, 0x80, 1, 2, 3, 4]));
        Assert.False(frames.HasClose);
        frames.Take(new ReadOnlySequence<byte>(ClientFrames.Frame(8, default)));
        Assert.True(frames.HasClose);
    }

    [Fact]
    public void No_Close_is_found_behind_an_invalid_length()
    {
        var frames = new DiscardedFrames(rest: 0);
        frames.Take(new ReadOnlySequence<byte>((byte[])[0x82, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, .. ClientFrames.Frame(8, default)]));
        Assert.False(frames.HasClose);
    }
}
