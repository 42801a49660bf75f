using System.Text;
using CsCheck;

namespace UpgradeProtocols.Tests.WebSockets;

public class WebSocketReaderTests
{
    public static MatrixTheoryData<int, int> ReservedBits => new([0, 1, 2, 8, 9, 10], [1, 2, 3, 4, 5, 6, 7]);

    [Fact, Trait("rule", "W1")]
    public void Reads_the_masked_samples_of_RFC_6455()
    {
        // §5.7: "Hello" masked, and a Pong with the same body, masked.
        byte[] hello = [0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58];
        byte[] pong = [0x8A, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58];

        Assert.Equal([Text("Hello"), "Pong:48656C6C6F"], ReaderRun.Whole([.. hello, .. pong]));
    }

    [Theory, Trait("rule", "W1")]
    [InlineData(0), InlineData(1), InlineData(125), InlineData(126), InlineData(127), InlineData(65535), InlineData(65536), InlineData(300_000)]
    public void Reads_every_length_form(int size)
    {
        var payload = Enumerable.Range(0, size).Select(i => (byte)(i * 7)).ToArray();

        Assert.Equal([Binary(payload)], ReaderRun.Whole(ClientFrames.Frame(2, payload)));
    }

    [Theory, Trait("rule", "W1")]
    [InlineData(0, 2), InlineData(125, 2), InlineData(0, 8), InlineData(125, 8), InlineData(126, 8), InlineData(65535, 8)]
    public void A_length_that_is_not_minimal_fails(int size, int lengthSize) =>
        Fails(1002, ClientFrames.Frame(2, new byte[size], lengthSize: lengthSize));

    [Fact, Trait("rule", "W1")]
    public void A_length_with_the_top_bit_fails_before_the_key_arrives() =>
        Fails(1002, [0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 1]);

    [Theory, Trait("rule", "W2")]
    [InlineData(1), InlineData(2), InlineData(8), InlineData(9), InlineData(10)]
    public void An_unmasked_frame_fails(int opcode) => Fails(1002, ClientFrames.Frame(opcode, [], masked: false));

    [Theory, Trait("rule", "W2"), Trait("rule", "D3")]
    [MemberData(nameof(ReservedBits))]
    public void Reserved_bits_fail(int opcode, int rsv)
    {
        byte[] start = opcode == 0 ? ClientFrames.Text("a", fin: false) : [];

        Fails(1002, [.. start, .. ClientFrames.Frame(opcode, [], rsv: rsv)]);
    }

    [Theory, Trait("rule", "W2")]
    [InlineData(3), InlineData(4), InlineData(5), InlineData(6), InlineData(7), InlineData(11), InlineData(12), InlineData(13), InlineData(14), InlineData(15)]
    public void Reserved_opcodes_fail(int opcode) => Fails(1002, ClientFrames.Frame(opcode, []));

    [Theory, Trait("rule", "W3")]
    [InlineData(8), InlineData(9), InlineData(10)]
    public void A_fragmented_control_frame_fails(int opcode) => Fails(1002, ClientFrames.Frame(opcode, [], fin: false));

    [Theory, Trait("rule", "W3")]
    [InlineData(8, 126), InlineData(9, 126), InlineData(10, 126), InlineData(9, 70000)]
    public void A_control_frame_over_125_bytes_fails_with_its_second_byte(int opcode, int size) =>
        Fails(1002, ClientFrames.Frame(opcode, new byte[size])[..2]);

    [Fact, Trait("rule", "W3")]
    public void Control_frames_of_125_bytes_are_read()
    {
        var payload = new byte[125];
        payload[124] = 9;
        var input = ClientFrames.Join(ClientFrames.Frame(9, payload), ClientFrames.Frame(10, payload), ClientFrames.Frame(9, []));

        Assert.Equal([$"Ping:{Convert.ToHexString(payload)}", $"Pong:{Convert.ToHexString(payload)}", "Ping:"], ReaderRun.Whole(input));
    }

    [Fact, Trait("rule", "W3"), Trait("rule", "W4")]
    public void Control_frames_between_fragments_are_delivered_first()
    {
        var input = ClientFrames.Join(
            ClientFrames.Text("he", fin: false),
            ClientFrames.Frame(9, "p"u8),
            ClientFrames.Frame(0, "l"u8, fin: false),
            ClientFrames.Frame(10, "q"u8),
            ClientFrames.Frame(0, "lo"u8));

        Assert.Equal(["Ping:70", "Pong:71", Text("hello")], ReaderRun.Whole(input));
    }

    [Fact, Trait("rule", "W4")]
    public void Empty_fragments_are_allowed()
    {
        var input = ClientFrames.Join(
            ClientFrames.Frame(2, [], fin: false),
            ClientFrames.Frame(0, [], fin: false),
            ClientFrames.Frame(0, [1, 2], fin: false),
            ClientFrames.Frame(0, []),
            ClientFrames.Frame(1, [], fin: false),
            ClientFrames.Frame(0, []));

        Assert.Equal([Binary([1, 2]), Text("")], ReaderRun.Whole(input));
    }

    [Fact, Trait("rule", "W4")]
    public void A_continuation_without_a_start_fails() =>
        Fails(1002, [.. ClientFrames.Text("a"), .. ClientFrames.Frame(0, [])], Text("a"));

    [Theory, Trait("rule", "W4")]
    [InlineData(1), InlineData(2)]
    public void A_new_message_inside_another_fails(int opcode) =>
        Fails(1002, [.. ClientFrames.Text("a", fin: false), .. ClientFrames.Frame(opcode, "b"u8)]);

    [Theory, Trait("rule", "W5")]
    [InlineData("80"), InlineData("BF"), InlineData("C0"), InlineData("C1"), InlineData("E080"), InlineData("E09F"), InlineData("EDA0")]
    [InlineData("EDBF"), InlineData("F080"), InlineData("F08F"), InlineData("F490"), InlineData("F5"), InlineData("FF"), InlineData("C328")]
    [InlineData("E28228"), InlineData("F09F9828"), InlineData("CEBA80")]
    public void An_invalid_byte_fails_as_soon_as_it_arrives(string hex)
    {
        // Inside an incomplete frame and message. The last byte of the hex text is invalid.
        byte[] payload = [.. "ok "u8, .. Convert.FromHexString(hex), .. new byte[90]];
        var frame = ClientFrames.Frame(1, payload, fin: false);
        var upToBad = 6 + 3 + (hex.Length / 2);

        Assert.Empty(ReaderRun.Whole(frame[..(upToBad - 1)]));
        Fails(1007, frame[..upToBad]);
        Fails(1007, ClientFrames.Frame(1, payload));
    }

    [Theory, Trait("rule", "W5")]
    [InlineData("CE"), InlineData("E282"), InlineData("F09F98")]
    public void Text_that_ends_inside_a_character_fails(string hex)
    {
        var cut = Convert.FromHexString(hex);

        Fails(1007, ClientFrames.Frame(1, cut));
        Fails(1007, [.. ClientFrames.Frame(1, cut, fin: false), .. ClientFrames.Frame(0, [])]);
    }

    [Fact, Trait("rule", "W5")]
    public void A_character_may_be_spread_over_fragments()
    {
        var bytes = "κόσμε €😀"u8.ToArray();
        var frames = bytes.Select((b, i) => ClientFrames.Frame(i == 0 ? 1 : 0, [b], fin: i == bytes.Length - 1));

        Assert.Equal([Text("κόσμε €😀")], ReaderRun.Whole(ClientFrames.Join(frames)));
    }

    [Fact, Trait("rule", "W5")]
    public void Binary_messages_may_hold_any_bytes() => Assert.Equal([Binary([0xFF, 0xC0])], ReaderRun.Whole(ClientFrames.Frame(2, [0xFF, 0xC0])));

    [Fact, Trait("rule", "W6")]
    public void The_limit_is_checked_with_the_frame_head()
    {
        Assert.Equal([Binary(new byte[200])], ReaderRun.Whole(ClientFrames.Frame(2, new byte[200]), maxMessageSize: 200));
        Fails(1009, ClientFrames.Frame(2, new byte[201])[..4], maxMessageSize: 200);
        Fails(1009, ClientFrames.Frame(2, new byte[70_000])[..10], maxMessageSize: 69_999);
        Fails(1009, [0x82, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], maxMessageSize: int.MaxValue);
    }

    [Fact, Trait("rule", "W6")]
    public void The_limit_applies_to_the_sum_of_fragments()
    {
        var first = ClientFrames.Frame(2, new byte[60], fin: false);
        var atLimit = ClientFrames.Join(first, ClientFrames.Frame(0, new byte[40]), ClientFrames.Frame(2, new byte[100]));

        Assert.Equal([Binary(new byte[100]), Binary(new byte[100])], ReaderRun.Whole(atLimit, maxMessageSize: 100));
        Fails(1009, [.. first, .. ClientFrames.Frame(0, new byte[41])[..2]], maxMessageSize: 100);
    }

    [Fact, Trait("rule", "W6")]
    public void A_limit_of_0_allows_empty_messages_and_control_frames()
    {
        var input = ClientFrames.Join(ClientFrames.Frame(9, "p"u8), ClientFrames.Text(""), ClientFrames.Text("a"));

        Assert.StartsWith("Ping:70|Text:|Failure:1009", string.Join('|', ReaderRun.Whole(input, maxMessageSize: 0)), StringComparison.Ordinal);
    }

    [Theory, Trait("rule", "W7")]
    [InlineData("", 1005, ""), InlineData("03E8", 1000, ""), InlineData("03E8627965", 1000, "bye"), InlineData("03F3E282AC", 1011, "€")]
    [InlineData("03F4", 1012, ""), InlineData("03F6", 1014, ""), InlineData("0BB8", 3000, ""), InlineData("1387", 4999, "")]
    public void Reads_a_close(string hex, int code, string reason) =>
        Assert.Equal([$"Close:{code}:{reason}"], ReaderRun.Whole(ClientFrames.Frame(8, Convert.FromHexString(hex))));

    [Theory, Trait("rule", "W7")]
    [InlineData("03", 1002), InlineData("0000", 1002), InlineData("03E7", 1002), InlineData("03EC", 1002), InlineData("03ED", 1002)]
    [InlineData("03EE", 1002), InlineData("03F7", 1002), InlineData("03F8", 1002), InlineData("0BB7", 1002), InlineData("1388", 1002)]
    [InlineData("FFFF", 1002), InlineData("03E8FF", 1007), InlineData("03E8E282", 1007)]
    public void Refuses_an_invalid_close(string hex, int code) => Fails(code, ClientFrames.Frame(8, Convert.FromHexString(hex)));

    [Fact, Trait("rule", "W7")]
    public void Nothing_is_delivered_after_a_close()
    {
        using var reader = new WebSocketReader(100);
        var pieces = new[] { ClientFrames.Frame(8, [3, 0xE8]), ClientFrames.Text("late"), new byte[10_000] };

        Assert.Equal(["Close:1000:"], ReaderRun.Run(reader, pieces, oneSegment: true));
        Assert.Equal(["Close:1000:"], ReaderRun.Whole(ClientFrames.Join(pieces)));
    }

    [Fact, Trait("rule", "W7")]
    public void A_close_may_arrive_inside_a_fragmented_message() =>
        Assert.Equal(["Close:1001:"], ReaderRun.Whole([.. ClientFrames.Text("a", fin: false), .. ClientFrames.Frame(8, [3, 0xE9])]));

    [Fact, Trait("rule", "W2")]
    public void Nothing_is_delivered_after_a_failure() =>
        Fails(1002, [.. ClientFrames.Frame(3, []), .. ClientFrames.Text("late"), .. ClientFrames.Frame(3, [])]);

    [Fact, Trait("rule", "W1"), Trait("rule", "W3"), Trait("rule", "W4"), Trait("rule", "W5")]
    public void Splits_and_segments_do_not_change_the_result() =>
        Gen.Select(Conversations.Any, Gen.Int[1, 40].Array[1, 20], Gen.Bool).Sample((input, sizes, oneSegment) =>
        {
            var whole = ReaderRun.Whole(input, Conversations.MaxMessageSize);

            using var bytewise = new WebSocketReader(Conversations.MaxMessageSize);
            Assert.Equal(whole, ReaderRun.Run(bytewise, Segments.Cut(input, 1), oneSegment));

            using var pieces = new WebSocketReader(Conversations.MaxMessageSize);
            Assert.Equal(whole, ReaderRun.Run(pieces, Segments.Cut(input, sizes), oneSegment));

            using var segments = new WebSocketReader(Conversations.MaxMessageSize);
            Assert.Equal(whole, Drain(segments, Segments.Cut(input, sizes)));
        });

    private static List<string> Drain(WebSocketReader reader, List<byte[]> segments)
    {
        var events = new List<string>();
        var buffer = Segments.Sequence(segments);
        while (reader.TryRead(ref buffer, out var evt))
        {
            events.Add(ReaderRun.Describe(evt));
        }

        return events;
    }

    private static void Fails(int code, byte[] input, params string[] before) => Fails(code, input, 1 << 24, before);

    private static void Fails(int code, byte[] input, int maxMessageSize, params string[] before)
    {
        using var reader = new WebSocketReader(maxMessageSize);
        foreach (var events in new[] { ReaderRun.Whole(input, maxMessageSize), ReaderRun.Run(reader, Segments.Cut(input, 1), oneSegment: false) })
        {
            Assert.Equal(before, events[..^1]);
            Assert.Matches($"^Failure:{code}:.*[.]$", events[^1]);
        }
    }

    private static string Text(string text) => $"Text:{Convert.ToHexString(Encoding.UTF8.GetBytes(text))}";

    private static string Binary(byte[] payload) => $"Binary:{Convert.ToHexString(payload)}";
}
