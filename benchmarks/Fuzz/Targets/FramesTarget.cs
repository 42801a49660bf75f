using System.Buffers;
using System.Text;

namespace UpgradeProtocols.Fuzz;

/// <summary>
/// The frame reader: the events don't depend on how the frames are split, and the reader keeps no buffer. The first byte declares
/// whether compression was negotiated (1), with context takeover (2), whether messages are small (4), and whether the reader is a client (8).
/// </summary>
internal static class FramesTarget
{
    public static void Run(byte[] input)
    {
        if (input.Length == 0)
        {
            return;
        }

        var whole = Read(input[0], [input[1..]], inSegments: false);
        var cuts = Cuts.Of(input.AsSpan(1));
        BrokenPromiseException.ThrowUnlessSame("The result does not depend on how the input is split.", whole, Read(input[0], cuts, inSegments: false));
        BrokenPromiseException.ThrowUnlessSame("The result does not depend on the segments.", whole, Read(input[0], cuts, inSegments: true));
    }

    private static string Read(byte flags, IReadOnlyList<byte[]> pieces, bool inSegments)
    {
        var pool = new TrackingPool<byte>();
        var limit = (flags & 4) != 0 ? 100 : 1 << 16;
        var takeover = (flags & 2) != 0;
        var role = (flags & 8) != 0 ? WebSocketRole.Client : WebSocketRole.Server;
        var agreement = new DeflateAgreement { ClientContextTakeover = takeover, ServerContextTakeover = takeover };
        var events = new StringBuilder();
        using (var reader = new WebSocketReader(limit, (flags & 1) != 0 ? new MessageInflater(agreement, pool, role) : null, pool, role))
        {
            if (inSegments)
            {
                // The reader unmasks frames in place, and the next run needs the original bytes.
                Feed(reader, Cuts.Join([.. pieces.Select(piece => (byte[])piece.Clone())]), limit, events);
            }
            else
            {
                byte[] waiting = [];
                foreach (var piece in pieces)
                {
                    waiting = Feed(reader, new ReadOnlySequence<byte>([.. waiting, .. piece]), limit, events);
                }
            }
        }

        BrokenPromiseException.ThrowUnless(pool is { Out: 0, ReturnedTwice: 0 }, $"Each buffer is returned once: {pool.Out} are not returned, {pool.ReturnedTwice} were returned twice.");
        return events.ToString();
    }

    private static byte[] Feed(WebSocketReader reader, ReadOnlySequence<byte> buffer, int limit, StringBuilder events)
    {
        while (reader.TryRead(ref buffer, out var found))
        {
            BrokenPromiseException.ThrowUnless(
                found.Kind != WebSocketEventKind.Message || found.Payload.Length <= limit, "No message is longer than the limit.");
            BrokenPromiseException.ThrowUnless(
                found.Kind is not (WebSocketEventKind.Close or WebSocketEventKind.Failure) || found.Code == WebSocketCloseCode.NoStatusReceived
                    || WebSocketCloseCode.IsValidOnWire(found.Code),
                "An event that ends the connection has a close code that may be sent.");
            if (found is { Kind: WebSocketEventKind.Message, MessageKind: MessageKind.Text })
            {
                // Throws if the text isn't valid UTF-8.
                _ = s_strict.GetString(found.Payload.Span);
            }

            events.Append($"{found.Kind} {found.MessageKind} {found.Code} {found.Reason} {Convert.ToHexString(found.Payload.Span)}\n");
        }

        BrokenPromiseException.ThrowUnless(buffer.Length < FrameHeader.MaxSize + FrameHeader.MaxControlPayload, "Only a frame header or a control frame stays in the buffer.");
        return buffer.ToArray();
    }

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
}
