using System.Buffers;
using System.Text;
using CsCheck;

namespace UpgradeProtocols.Tests.WebSockets;

/// <summary>The two sides of a WebSocket: a reader of one side reads the frames that a writer of the other side writes.</summary>
public class RoleTests
{
    public static MatrixTheoryData<int, bool> Conversations => new([8, 11, 15], [false, true]);

    [Theory, Trait("rule", "W1")]
    [InlineData(true)]
    [InlineData(false)]
    public void A_reader_reads_each_frame_of_the_other_side(bool fromClient) =>
        Gen.Select(Gen.Byte.Array[0, 70_000], Gen.Bool, Gen.Int[1, 5000]).Sample(
            (payload, isText, cut) =>
            {
                var sender = fromClient ? WebSocketRole.Client : WebSocketRole.Server;
                var text = isText ? Encoding.UTF8.GetBytes(Convert.ToBase64String(payload)) : payload;
                var kind = isText ? MessageKind.Text : MessageKind.Binary;
                var bytes = Written(output =>
                {
                    FrameWriter.WritePing(output, "ping"u8, sender);
                    FrameWriter.WriteMessage(output, kind, text, role: sender);
                    FrameWriter.WriteFrame(output, Opcode.Binary, fin: false, rsv1: false, text, sender);
                    FrameWriter.WritePong(output, "pong"u8, sender);
                    FrameWriter.WriteFrame(output, Opcode.Continuation, fin: true, rsv1: false, text, sender);
                    FrameWriter.WriteClose(output, 3000, "bye", sender);
                });

                using var reader = new WebSocketReader(1 << 20, role: Other(sender));
                Assert.Equal(
                    [
                        $"Ping:{Hex("ping"u8)}",
                        $"{kind}:{Hex(text)}",
                        $"Pong:{Hex("pong"u8)}",
                        $"Binary:{Hex([.. text, .. text])}",
                        "Close:3000:bye",
                    ],
                    ReaderRun.Run(reader, Segments.Cut(bytes, cut), oneSegment: false));
            },
            iter: 40,
            threads: 1);

    [Fact, Trait("rule", "W1")]
    public void A_reader_refuses_the_frames_of_its_own_side()
    {
        Assert.Equal("A client must mask every frame.", FaultOf(sender: WebSocketRole.Server, reader: WebSocketRole.Server));
        Assert.Equal("A server must not mask a frame.", FaultOf(sender: WebSocketRole.Client, reader: WebSocketRole.Client));
    }

    [Fact]
    public void A_client_masks_each_frame_with_another_key()
    {
        var keys = Enumerable.Range(0, 1000).Select(_ =>
        {
            var frame = Written(output => FrameWriter.WriteMessage(output, MessageKind.Binary, new byte[4], role: WebSocketRole.Client));
            Assert.Equal(0x84, frame[1]);
            Assert.Equal(Hex(frame.AsSpan(2, 4)), Hex(frame.AsSpan(6, 4)));
            return Hex(frame.AsSpan(2, 4));
        });

        // Two of a thousand random keys are equal about once in 8,600 runs.
        Assert.InRange(keys.Distinct().Count(), 998, 1000);
    }

    [Theory, Trait("rule", "D2")]
    [MemberData(nameof(Conversations))]
    public void Each_side_inflates_the_messages_of_the_other(int bits, bool takeover)
    {
        var agreement = new DeflateAgreement
        {
            ServerContextTakeover = takeover && bits == DeflateAgreement.MaxWindowBits,
            ServerWindowBits = bits,
            ClientContextTakeover = takeover,
            ClientWindowBits = bits,
        };
        foreach (var sender in (WebSocketRole[])[WebSocketRole.Server, WebSocketRole.Client])
        {
            Samples.Any.Array[1, 8].Sample(
                messages =>
                {
                    var pool = new CountingPool();
                    using (var deflater = new MessageDeflater(agreement, new DeflateOptions { MinimumSize = 0 }, pool, sender))
                    using (var reader = new WebSocketReader(1 << 20, new MessageInflater(agreement, pool, Other(sender)), pool, Other(sender)))
                    {
                        foreach (var message in messages)
                        {
                            var bytes = Written(output => deflater.WriteMessage(output, MessageKind.Binary, message));
                            Assert.Equal([$"Binary:{Hex(message)}"], ReaderRun.Run(reader, Segments.Cut(bytes, 1000), oneSegment: false));
                        }
                    }

                    Assert.Equal(0, pool.Out);
                },
                iter: 15,
                threads: 1);
        }
    }

    [Theory]
    [InlineData("", true, true, null)]
    [InlineData("", false, true, null)]
    [InlineData("permessage-deflate", true, true, "True/15 True/15")]
    [InlineData("permessage-deflate; server_no_context_takeover; client_no_context_takeover", true, true, "False/15 False/15")]
    [InlineData("permessage-deflate; server_max_window_bits=9; client_max_window_bits=\"10\"", true, true, "True/9 True/10")]
    [InlineData("permessage-deflate", false, false, null)]
    [InlineData("permessage-deflate; server_max_window_bits", true, false, null)]
    [InlineData("permessage-deflate; client_max_window_bits", true, false, null)]
    [InlineData("permessage-deflate; client_max_window_bits=16", true, false, null)]
    [InlineData("permessage-deflate; client_max_window_bits=10; client_max_window_bits=10", true, false, null)]
    [InlineData("permessage-deflate; server_no_context_takeover=1", true, false, null)]
    [InlineData("permessage-deflate; unknown", true, false, null)]
    [InlineData("x-webkit-deflate-frame", true, false, null)]
    [InlineData("permessage-deflate;", true, false, null)]
    [InlineData("permessage-deflate,permessage-deflate", true, false, null)]
    public void A_client_checks_the_servers_response(string response, bool isOffered, bool isValid, string? expected)
    {
        Assert.Equal(isValid, DeflateRequest.TryAccept(response.Split(',', StringSplitOptions.RemoveEmptyEntries), isOffered, out var agreement));
        Assert.Equal(
            expected,
            agreement is null ? null : $"{agreement.ServerContextTakeover}/{agreement.ServerWindowBits} {agreement.ClientContextTakeover}/{agreement.ClientWindowBits}");
    }

    [Theory]
    [InlineData(true, 15)]
    [InlineData(false, 15)]
    [InlineData(true, 10)]
    public void A_client_accepts_the_answer_of_this_server_to_its_offer(bool takeover, int clientBits)
    {
        var offer = DeflateRequest.ToHeaderValue(new DeflateOptions { ContextTakeover = takeover });

        var server = DeflateOffer.Negotiate([offer], new DeflateOptions { ClientMaxWindowBits = clientBits }, out var malformed);

        Assert.False(malformed);
        Assert.True(DeflateRequest.TryAccept([server!.ToHeaderValue()], isOffered: true, out var client));
        Assert.Equal(server with { ServerWindowAsked = false }, client! with { ServerWindowAsked = false });
    }

    private static WebSocketRole Other(WebSocketRole role) => role == WebSocketRole.Server ? WebSocketRole.Client : WebSocketRole.Server;

    private static string FaultOf(WebSocketRole sender, WebSocketRole reader)
    {
        var buffer = new ReadOnlySequence<byte>(Written(output => FrameWriter.WriteMessage(output, MessageKind.Text, "x"u8, role: sender)));
        using var read = new WebSocketReader(100, role: reader);
        Assert.True(read.TryRead(ref buffer, out var evt));
        Assert.Equal((WebSocketEventKind.Failure, WebSocketCloseCode.ProtocolError), (evt.Kind, evt.Code));
        return evt.Reason;
    }

    private static byte[] Written(Action<IBufferWriter<byte>> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(output);
        return output.WrittenSpan.ToArray();
    }

    private static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexString(bytes);
}
