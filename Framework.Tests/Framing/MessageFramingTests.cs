using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using CsCheck;
using UpgradeProtocols.Tests.WebSockets;

namespace UpgradeProtocols.Tests.Framing;

public class MessageFramingTests
{
    private const int Max = 1000;

    [Theory]
    [InlineData("a\nb\n", "a|b"), InlineData("a\r\nb\r\n", "a|b"), InlineData("\n\r\n", "|"), InlineData("a\rb\n", "a\rb")]
    [InlineData("a\r\r\n", "a\r"), InlineData("left over", null), InlineData("κόσμε\n€", "κόσμε")]
    public void Reads_lines(string input, string? expected) => AssertReads(default(LineFraming), Encoding.UTF8.GetBytes(input), expected);

    [Theory]
    [InlineData("00000001610000000262630000", "a|bc"), InlineData("00000000", ""), InlineData("000000", null)]
    public void Reads_big_endian_lengths(string hex, string? expected) =>
        AssertReads(default(LengthPrefixedFraming), Convert.FromHexString(hex), expected);

    [Theory]
    [InlineData("01000000610200000062630000", "a|bc"), InlineData("00000000", ""), InlineData("010000", null)]
    public void Reads_little_endian_lengths(string hex, string? expected) =>
        AssertReads(default(LengthPrefixedLittleEndianFraming), Convert.FromHexString(hex), expected);

    [Theory]
    [InlineData("0161026263", "a|bc"), InlineData("00", ""), InlineData("80", null), InlineData("0261", null)]
    public void Reads_varint_lengths(string hex, string? expected) =>
        AssertReads(default(VarintLengthPrefixedFraming), Convert.FromHexString(hex), expected);

    [Theory]
    [InlineData("8000"), InlineData("818000"), InlineData("FFFFFFFF10"), InlineData("FFFFFFFFFF"), InlineData("8080808080"), InlineData("8080808000")]
    public void Refuses_varints_that_are_too_long(string hex)
    {
        var input = Convert.FromHexString(hex);

        Assert.Equal("!Malformed", Run(default(VarintLengthPrefixedFraming), [input], oneSegment: true));
        Assert.Equal("!Malformed", Run(default(VarintLengthPrefixedFraming), Segments.Cut(input, 1), oneSegment: false));
    }

    [Theory]
    [InlineData("E907"), InlineData("FFFFFFFF07"), InlineData("FFFFFFFF0F")]
    public void A_varint_over_the_limit_is_too_large_before_the_message_arrives(string hex) =>
        Assert.Equal("!TooLarge", Run(default(VarintLengthPrefixedFraming), [Convert.FromHexString(hex)], oneSegment: true));

    [Fact]
    public void A_length_over_the_limit_is_too_large_before_the_message_arrives()
    {
        Assert.Equal("!TooLarge", Run(default(LengthPrefixedFraming), [[0, 0, 3, 0xE9]], oneSegment: true));
        Assert.Equal("!TooLarge", Run(default(LengthPrefixedFraming), [[0xFF, 0xFF, 0xFF, 0xFF]], oneSegment: true));
        Assert.Equal("!TooLarge", Run(default(LengthPrefixedLittleEndianFraming), [[0xE9, 3, 0, 0]], oneSegment: true));
    }

    [Theory]
    [InlineData(1000, "\n", null), InlineData(1000, "\r\n", null), InlineData(1000, "\r", null), InlineData(1000, "", null)]
    [InlineData(1001, "", "!TooLarge"), InlineData(1001, "\n", "!TooLarge"), InlineData(1000, "\r\r", "!TooLarge"), InlineData(1000, "\rx", "!TooLarge")]
    public void A_line_over_the_limit_is_too_large_before_its_end_arrives(int size, string end, string? failure)
    {
        var input = Encoding.UTF8.GetBytes(new string('x', size) + end);
        var expected = failure ?? (end.EndsWith('\n') ? new string('x', size) : null);

        Assert.Equal(expected, Run(default(LineFraming), [input], oneSegment: true));
        Assert.Equal(expected, Run(default(LineFraming), Segments.Cut(input, 1), oneSegment: false));
    }

    [Fact]
    public void A_line_that_arrives_in_pieces_is_searched_once()
    {
        long examined = 0;
        var buffer = new ReadOnlySequence<byte>("0123456789"u8.ToArray());
        Assert.Equal(FramingResult.NeedMore, default(LineFraming).TryRead(buffer, Max, ref examined, out _, out _));
        Assert.Equal(10, examined);

        // The bytes that were already examined aren't searched for a line feed again.
        var more = new ReadOnlySequence<byte>("01\n3456789ab\n"u8.ToArray());
        Assert.Equal(FramingResult.Message, default(LineFraming).TryRead(more, Max, ref examined, out var line, out _));
        Assert.Equal(12, line.Length);
        Assert.Equal(0, examined);
    }

    [Theory]
    [InlineData("a\nb"), InlineData("\n")]
    public void A_line_that_could_not_be_read_back_is_not_written(string line) =>
        Assert.Throws<ArgumentException>(() => default(LineFraming).Write(new ArrayBufferWriter<byte>(), Encoding.UTF8.GetBytes(line)));

    [Theory]
    [InlineData("5:hello,0:,", "hello|"), InlineData("6:κόσ,", "κόσ"), InlineData("5:hello", null), InlineData("12", null)]
    [InlineData("5:hello;", "!Malformed"), InlineData(":,", "!Malformed"), InlineData("-1:,", "!Malformed"), InlineData("0000000005:hello,", "!Malformed")]
    [InlineData("5hello,more", "!Malformed"), InlineData("1001:", "!TooLarge"), InlineData("999999999:", "!TooLarge")]
    public void A_custom_framing_reads_messages(string input, string? expected) => AssertReads(default(NetstringFraming), Encoding.UTF8.GetBytes(input), expected);

    [Fact]
    public void A_custom_framing_round_trips() => RoundTrip(default(NetstringFraming), bytes => bytes);

    [Fact]
    public void The_page_about_framings_shows_the_custom_framing() => HoldPage();

    [Fact]
    public void Kinds()
    {
        Assert.Equal(MessageKind.Text, default(LineFraming).Kind);
        Assert.Equal(MessageKind.Binary, default(LengthPrefixedFraming).Kind);
        Assert.Equal(MessageKind.Binary, default(LengthPrefixedLittleEndianFraming).Kind);
        Assert.Equal(MessageKind.Binary, default(VarintLengthPrefixedFraming).Kind);
    }

    [Fact]
    public void Lines_round_trip() => RoundTrip(default(LineFraming), bytes => [.. bytes.Where(b => b is not (byte)'\n')]);

    [Theory]
    [InlineData("a", "a\n"), InlineData("a\r", "a\r\r\n"), InlineData("\r", "\r\r\n"), InlineData("a\rb", "a\rb\n"), InlineData("", "\n")]
    public void A_carriage_return_of_the_message_is_read_back(string message, string line)
    {
        var output = new ArrayBufferWriter<byte>();

        default(LineFraming).Write(output, Encoding.UTF8.GetBytes(message));

        Assert.Equal(line, Encoding.UTF8.GetString(output.WrittenSpan));
        var examined = 0L;
        Assert.Equal(FramingResult.Message, default(LineFraming).TryRead(new ReadOnlySequence<byte>(output.WrittenMemory), Max, ref examined, out var read, out _));
        Assert.Equal(message, Encoding.UTF8.GetString(read));
    }

    [Fact]
    public void Big_endian_lengths_round_trip() => RoundTrip(default(LengthPrefixedFraming), bytes => bytes);

    [Fact]
    public void Little_endian_lengths_round_trip() => RoundTrip(default(LengthPrefixedLittleEndianFraming), bytes => bytes);

    [Fact]
    public void Varint_lengths_round_trip() => RoundTrip(default(VarintLengthPrefixedFraming), bytes => bytes);

    [Theory]
    [InlineData(127, "7F"), InlineData(128, "8001"), InlineData(16383, "FF7F"), InlineData(16384, "808001"), InlineData(2097152, "80808001")]
    public void Varints_are_minimal(int size, string prefix)
    {
        var output = new ArrayBufferWriter<byte>();

        default(VarintLengthPrefixedFraming).Write(output, new byte[size]);

        Assert.Equal(prefix, Convert.ToHexString(output.WrittenSpan[..^size]));
    }

    [Fact]
    public void Reading_and_writing_allocate_nothing()
    {
        var output = new ArrayBufferWriter<byte>(4096);
        Work(output);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Work(output);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        static void Work(ArrayBufferWriter<byte> output)
        {
            One(default(LineFraming), output);
            One(default(LengthPrefixedFraming), output);
            One(default(LengthPrefixedLittleEndianFraming), output);
            One(default(VarintLengthPrefixedFraming), output);
        }

        static void One<T>(T framing, ArrayBufferWriter<byte> output)
            where T : struct, IMessageFraming
        {
            output.ResetWrittenCount();
            framing.Write(output, "0123456789"u8);
            long examined = 0;
            var result = framing.TryRead(new ReadOnlySequence<byte>(output.WrittenMemory), Max, ref examined, out var message, out _);
            if (result != FramingResult.Message || message.Length != 10)
            {
                throw new InvalidOperationException();
            }
        }
    }

    private static void HoldPage([CallerFilePath] string here = "")
    {
        var folder = Path.GetDirectoryName(here)!;
        var code = File.ReadAllText(Path.Combine(folder, "NetstringFraming.cs"));
        code = code[code.IndexOf("internal readonly struct", StringComparison.Ordinal)..].Replace("internal readonly", "public readonly", StringComparison.Ordinal);

        Assert.Contains(code, File.ReadAllText(Path.Combine(folder, "..", "..", "docs", "framings.md")), StringComparison.Ordinal);
    }

    private static void RoundTrip<T>(T framing, Func<byte[], byte[]> allowed)
        where T : struct, IMessageFraming =>
        Gen.Select(Gen.Byte.Array[0, Max].Select(allowed).Array[1, 5], Gen.Int[1, 300].Array[1, 5], Gen.Bool).Sample((messages, sizes, oneSegment) =>
        {
            var output = new ArrayBufferWriter<byte>();
            foreach (var message in messages)
            {
                framing.Write(output, message);
            }

            var expected = string.Join('|', messages.Select(Encoding.Latin1.GetString));
            Assert.Equal(expected, Run(framing, Segments.Cut(output.WrittenSpan.ToArray(), sizes), oneSegment, Encoding.Latin1));
        });

    private static void AssertReads<T>(T framing, byte[] input, string? expected)
        where T : struct, IMessageFraming
    {
        Assert.Equal(expected, Run(framing, [input], oneSegment: true));
        Assert.Equal(expected, Run(framing, Segments.Cut(input, 1), oneSegment: false));
        Assert.Equal(expected, Run(framing, Segments.Cut(input, 1, 2, 3), oneSegment: true));
    }

    /// <summary>Returns the messages joined by bars, a failure after a '!', or null if there is no message.</summary>
    private static string? Run<T>(T framing, IEnumerable<byte[]> pieces, bool oneSegment, Encoding? encoding = null)
        where T : struct, IMessageFraming
    {
        var found = new List<string>();
        var pending = new List<byte[]>();
        long examined = 0;
        foreach (var piece in pieces)
        {
            pending.Add(piece);
            var buffer = Segments.Sequence(oneSegment ? [[.. pending.SelectMany(bytes => bytes)]] : pending);
            FramingResult result;
            while ((result = framing.TryRead(buffer, Max, ref examined, out var message, out var consumed)) == FramingResult.Message)
            {
                found.Add((encoding ?? Encoding.UTF8).GetString(message));
                Assert.Equal(0, examined);
                buffer = buffer.Slice(consumed);
            }

            if (result != FramingResult.NeedMore)
            {
                found.Add($"!{result}");
                break;
            }

            pending = [];
            foreach (var segment in buffer)
            {
                pending.Add(segment.ToArray());
            }
        }

        return found.Count == 0 ? null : string.Join('|', found);
    }
}
