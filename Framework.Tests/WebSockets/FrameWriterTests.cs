using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Text;
using CsCheck;

namespace UpgradeProtocols.Tests.WebSockets;

public class FrameWriterTests
{
    [Fact, Trait("rule", "W1")]
    public void Writes_the_unmasked_samples_of_RFC_6455()
    {
        Assert.Equal("810548656C6C6F", Written(output => FrameWriter.WriteMessage(output, MessageKind.Text, "Hello"u8)));
        Assert.Equal("890548656C6C6F", Written(output => FrameWriter.WritePing(output, "Hello"u8)));
        Assert.Equal("010348656C", Written(output => FrameWriter.WriteFrame(output, Opcode.Text, fin: false, rsv1: false, "Hel"u8)));
        Assert.Equal("80026C6F", Written(output => FrameWriter.WriteFrame(output, Opcode.Continuation, fin: true, rsv1: false, "lo"u8)));
        Assert.StartsWith("827E0100", Written(output => FrameWriter.WriteMessage(output, MessageKind.Binary, new byte[256])), StringComparison.Ordinal);
        Assert.StartsWith(
            "827F0000000000010000", Written(output => FrameWriter.WriteMessage(output, MessageKind.Binary, new byte[65536])), StringComparison.Ordinal);
    }

    [Theory, Trait("rule", "W1")]
    [InlineData(0, 2), InlineData(125, 2), InlineData(126, 4), InlineData(65535, 4), InlineData(65536, 10), InlineData(long.MaxValue, 10)]
    public void Writes_lengths_in_as_few_bytes_as_possible(long length, int size)
    {
        var head = new byte[FrameWriter.MaxHeaderSize];

        Assert.Equal(size, FrameWriter.WriteHeader(head, Opcode.Binary, fin: true, rsv1: false, length));
        var written = size switch
        {
            2 => head[1],
            4 => BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(2)),
            _ => BinaryPrimitives.ReadInt64BigEndian(head.AsSpan(2)),
        };
        Assert.Equal(length, written);
    }

    [Fact, Trait("rule", "D3")]
    public void A_compressed_message_has_RSV1() =>
        Assert.Equal("C10161", Written(output => FrameWriter.WriteMessage(output, MessageKind.Text, "a"u8, compressed: true)));

    [Fact, Trait("rule", "W7")]
    public void Writes_a_close()
    {
        Assert.Equal("8800", Written(output => FrameWriter.WriteClose(output, 1005)));
        Assert.Equal("8800", Written(output => FrameWriter.WriteClose(output, 1005, "not sent")));
        Assert.Equal("880203E8", Written(output => FrameWriter.WriteClose(output, 1000)));
        Assert.Equal("880503E9627965", Written(output => FrameWriter.WriteClose(output, 1001, "bye")));
        Assert.Throws<ArgumentOutOfRangeException>(() => Written(output => FrameWriter.WriteClose(output, 1006)));
    }

    [Fact, Trait("rule", "W7")]
    public void A_long_reason_is_truncated_between_characters()
    {
        // A reason holds 123 bytes: 41 characters of three bytes, 61 of two, 30 of four.
        Assert.Equal(new string('€', 41), ReasonOf(new string('€', 50)));
        Assert.Equal(new string('é', 61), ReasonOf(new string('é', 70)));
        Assert.Equal(string.Concat(Enumerable.Repeat("😀", 30)), ReasonOf(string.Concat(Enumerable.Repeat("😀", 40))));
        Assert.Equal(new string('a', 123), ReasonOf(new string('a', 123)));
        Assert.Equal("a\uFFFDb", ReasonOf("a\uD800b"));
    }

    [Fact, Trait("rule", "W3")]
    public void A_control_payload_over_125_bytes_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Written(output => FrameWriter.WritePong(output, new byte[126])));

    [Fact]
    public void Small_frames_take_one_span_and_one_advance()
    {
        var output = new CountingWriter();

        FrameWriter.WriteMessage(output, MessageKind.Text, new byte[1000]);

        Assert.Equal((1, 1), (output.Spans, output.Advances));
    }

    [Fact]
    public void Writing_allocates_nothing()
    {
        var output = new ArrayBufferWriter<byte>(1 << 20);
        var payload = new byte[5000];
        WriteAll(output, payload);

        var before = GC.GetAllocatedBytesForCurrentThread();
        WriteAll(output, payload);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact, Trait("rule", "W1")]
    public async Task Bytes_written_through_a_pipe_can_be_read()
    {
        var pipe = new Pipe(new PipeOptions(minimumSegmentSize: 256, pauseWriterThreshold: 0));
        var payload = Enumerable.Range(0, 70_000).Select(i => (byte)i).ToArray();
        FrameWriter.WriteMessage(pipe.Writer, MessageKind.Binary, payload);
        await pipe.Writer.FlushAsync(TestContext.Current.CancellationToken);

        var read = await pipe.Reader.ReadAtLeastAsync(payload.Length + 10, TestContext.Current.CancellationToken);

        Assert.Equal(payload, read.Buffer.Slice(10).ToArray());
    }

    [Fact, Trait("rule", "W1")]
    public void A_written_and_masked_frame_is_read_back() =>
        Gen.Select(Gen.Byte.Array[0, 70_000], Gen.Byte.Array[4]).Sample(
            (payload, key) =>
            {
                var output = new ArrayBufferWriter<byte>();
                FrameWriter.WriteMessage(output, MessageKind.Binary, payload);
                var head = output.WrittenCount - payload.Length;
                var masked = ClientFrames.Frame(2, payload, key: key);

                Assert.Equal(masked[0], output.WrittenSpan[0]);
                Assert.Equal(masked[1] & 0x7F, output.WrittenSpan[1]);
                Assert.Equal(masked.AsSpan(2, head - 2), output.WrittenSpan[2..head]);
                Assert.Equal(payload, output.WrittenSpan[head..]);
                Assert.Equal([$"Binary:{Convert.ToHexString(payload)}"], ReaderRun.Whole(masked));
            },
            iter: 100);

    private static void WriteAll(ArrayBufferWriter<byte> output, byte[] payload)
    {
        output.ResetWrittenCount();
        FrameWriter.WriteMessage(output, MessageKind.Text, payload);
        FrameWriter.WritePong(output, payload.AsSpan(0, 10));
        FrameWriter.WriteClose(output, 1000, "done");
    }

    private static string ReasonOf(string reason)
    {
        var output = new ArrayBufferWriter<byte>();
        FrameWriter.WriteClose(output, 1000, reason);
        Assert.Equal(output.WrittenSpan[1], output.WrittenCount - 2);
        return Encoding.UTF8.GetString(output.WrittenSpan[4..]);
    }

    private static string Written(Action<IBufferWriter<byte>> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(output);
        return Convert.ToHexString(output.WrittenSpan);
    }

    private sealed class CountingWriter : IBufferWriter<byte>
    {
        private readonly ArrayBufferWriter<byte> _inner = new();

        public int Spans { get; private set; }

        public int Advances { get; private set; }

        public void Advance(int count)
        {
            Advances++;
            _inner.Advance(count);
        }

        public Memory<byte> GetMemory(int sizeHint = 0) => throw new NotSupportedException();

        public Span<byte> GetSpan(int sizeHint = 0)
        {
            Spans++;
            return _inner.GetSpan(sizeHint)[..Math.Max(sizeHint, 1)];
        }
    }
}
