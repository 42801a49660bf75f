using System.Buffers;
using System.Text;

namespace UpgradeProtocols.Fuzz;

/// <summary>
/// The reader of frames: however they are cut they are the same events, and it keeps nothing. The first byte says whether
/// compression was agreed (1), with context takeover (2), and whether messages are small (4).
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
        BrokenPromiseException.ThrowUnlessSame("The cuts make no difference.", whole, Read(input[0], cuts, inSegments: false));
        BrokenPromiseException.ThrowUnlessSame("The segments make no difference.", whole, Read(input[0], cuts, inSegments: true));
    }

    private static string Read(byte flags, IReadOnlyList<byte[]> pieces, bool inSegments)
    {
        var pool = new TrackingPool<byte>();
        var limit = (flags & 4) != 0 ? 100 : 1 << 16;
        var agreement = new DeflateAgreement { ClientContextTakeover = (flags & 2) != 0 };
        var events = new StringBuilder();
        using (var reader = new WebSocketReader(limit, (flags & 1) != 0 ? new MessageInflater(agreement, pool) : null, pool))
        {
            if (inSegments)
            {
                // Frames are unmasked in place, and the next run needs them as they came.
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

        BrokenPromiseException.ThrowUnless(pool is { Out: 0, ReturnedTwice: 0 }, $"Buffers come back once: {pool.Out} are out, {pool.ReturnedTwice} came twice.");
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
                "What ends the connection has a code that may be sent.");
            if (found is { Kind: WebSocketEventKind.Message, MessageKind: MessageKind.Text })
            {
                // Throws where it isn't UTF-8.
                _ = s_strict.GetString(found.Payload.Span);
            }

            events.Append($"{found.Kind} {found.MessageKind} {found.Code} {found.Reason} {Convert.ToHexString(found.Payload.Span)}\n");
        }

        BrokenPromiseException.ThrowUnless(buffer.Length < FrameHeader.MaxSize + FrameHeader.MaxControlPayload, "Only a head or a control frame waits.");
        return buffer.ToArray();
    }

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
}
