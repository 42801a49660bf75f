using System.Buffers;

namespace UpgradeProtocols.Tests.WebSockets;

public class WebSocketReaderMemoryTests
{
    [Theory, Trait("rule", "W1")]
    [InlineData(1), InlineData(2), InlineData(9), InlineData(10)]
    public void A_frame_in_one_piece_is_returned_without_a_copy(int opcode)
    {
        var input = ClientFrames.Frame(opcode, "in place"u8);
        using var reader = new WebSocketReader(1024, pool: new CountingPool());
        var buffer = new ReadOnlySequence<byte>(input);

        Assert.True(reader.TryRead(ref buffer, out var evt));
        Assert.True(evt.Payload.Span.Overlaps(input, out var offset));
        Assert.Equal(-6, offset);
        Assert.Equal("in place"u8, evt.Payload.Span);
        Assert.True(buffer.IsEmpty);
    }

    [Fact, Trait("rule", "W1")]
    public void A_payload_in_one_segment_is_returned_without_a_copy_even_if_its_head_is_in_another_segment()
    {
        var frame = ClientFrames.Frame(2, new byte[1000]);
        var payload = frame[8..];
        var buffer = Segments.Sequence([frame[..3], frame[3..8], payload, [0x81]]);
        using var reader = new WebSocketReader(1024, pool: new CountingPool());

        Assert.True(reader.TryRead(ref buffer, out var evt));
        Assert.True(evt.Payload.Span.Overlaps(payload));
        Assert.Equal(1, buffer.Length);
    }

    [Fact, Trait("rule", "W1")]
    public void Reading_in_place_allocates_nothing()
    {
        var frames = ClientFrames.Join(ClientFrames.Text("in place"), ClientFrames.Frame(2, new byte[500]), ClientFrames.Frame(9, "p"u8));
        var input = new byte[frames.Length];
        using var reader = new WebSocketReader(1024);
        Assert.Equal(3, ReadAgain(reader, frames, input));

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            ReadAgain(reader, frames, input);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact, Trait("rule", "W4")]
    public void Fragmented_messages_allocate_nothing_once_the_pool_is_warm()
    {
        var frames = ClientFrames.Join(ClientFrames.Text("frag", fin: false), ClientFrames.Frame(0, new byte[3000]));
        var input = new byte[frames.Length];
        using var reader = new WebSocketReader(4096);
        Assert.Equal(1, ReadAgain(reader, frames, input));

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            ReadAgain(reader, frames, input);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact, Trait("rule", "W6")]
    public void Arrays_return_to_the_pool_after_the_message()
    {
        var pool = new CountingPool();
        using var reader = new WebSocketReader(1 << 20, pool: pool);
        var buffer = Segments.Sequence(Segments.Cut(ClientFrames.Frame(2, new byte[100_000]), 4096));

        Assert.True(reader.TryRead(ref buffer, out var evt));
        Assert.Equal(100_000, evt.Payload.Length);
        Assert.Equal(1, pool.Out);

        Assert.False(reader.TryRead(ref buffer, out _));
        Assert.Equal(0, pool.Out);
        Assert.True(pool.Rented < 12, "Growth is by doubling.");
    }

    [Theory, Trait("rule", "W6")]
    [InlineData("8885")]
    [InlineData("00")]
    public void Arrays_return_to_the_pool_on_failure_and_on_dispose(string hex)
    {
        var pool = new CountingPool();
        var reader = new WebSocketReader(1 << 20, pool: pool);
        var buffer = Segments.Sequence([ClientFrames.Frame(2, new byte[1000], fin: false), Convert.FromHexString(hex)]);

        while (reader.TryRead(ref buffer, out _))
        {
        }

        reader.Dispose();
        reader.Dispose();
        Assert.True(pool.Rented > 0);
        Assert.Equal(0, pool.Out);
    }

    [Fact, Trait("rule", "W5")]
    public void Arrays_return_to_the_pool_immediately_when_the_text_is_invalid()
    {
        var pool = new CountingPool();
        using var reader = new WebSocketReader(1 << 20, pool: pool);
        var buffer = new ReadOnlySequence<byte>(ClientFrames.Frame(1, [.. new byte[1000], 0xFF], fin: false));

        Assert.True(reader.TryRead(ref buffer, out var evt));
        Assert.Equal(1007, evt.Code);
        Assert.Equal(0, pool.Out);
    }

    [Fact, Trait("rule", "W6")]
    public void An_announced_length_allocates_nothing()
    {
        var pool = new CountingPool();
        using var reader = new WebSocketReader(1 << 24, pool: pool);
        var frame = ClientFrames.Frame(2, new byte[1 << 24]);
        var head = new ReadOnlySequence<byte>(frame, 0, 14);
        Assert.False(reader.TryRead(ref head, out _));
        Assert.Equal(0, pool.Rented);

        var some = new ReadOnlySequence<byte>(frame, 14, 100);
        Assert.False(reader.TryRead(ref some, out _));
        Assert.True(some.IsEmpty, "What has come of a long message doesn't stay in the pipe.");
        Assert.True(pool.Largest <= 256);
    }

    private static int ReadAgain(WebSocketReader reader, byte[] frames, byte[] input)
    {
        frames.CopyTo(input, 0);
        var buffer = new ReadOnlySequence<byte>(input);
        var events = 0;
        while (reader.TryRead(ref buffer, out _))
        {
            events++;
        }

        return events;
    }
}
