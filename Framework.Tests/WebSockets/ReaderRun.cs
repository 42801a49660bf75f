namespace UpgradeProtocols.Tests.WebSockets;

/// <summary>
/// Feeds a reader like a pipe: unconsumed bytes are offered again together with new bytes. Each event becomes a line of text,
/// so that runs can be compared.
/// </summary>
internal static class ReaderRun
{
    public static List<string> Whole(byte[] input, int maxMessageSize = 1 << 24)
    {
        using var reader = new WebSocketReader(maxMessageSize);
        return Run(reader, [input], oneSegment: true);
    }

    public static List<string> Run(WebSocketReader reader, IEnumerable<byte[]> pieces, bool oneSegment)
    {
        var events = new List<string>();
        var pending = new List<byte[]>();
        var before = new List<byte>();
        foreach (var piece in pieces)
        {
            pending.Add([.. piece]);
            before.AddRange(piece);
            var buffer = Segments.Sequence(oneSegment ? [[.. pending.SelectMany(bytes => bytes)]] : pending);
            while (reader.TryRead(ref buffer, out var evt))
            {
                events.Add(Describe(evt));
            }

            pending = [];
            foreach (var segment in buffer)
            {
                pending.Add(segment.ToArray());
            }

            // Unconsumed bytes must be unchanged: unmasking them twice would corrupt them.
            before.RemoveRange(0, before.Count - (int)buffer.Length);
            Assert.Equal(before, pending.SelectMany(bytes => bytes));
            Assert.True(buffer.Length < 14 + 125, "Only a head or a control frame may be left waiting.");
        }

        return events;
    }

    public static string Describe(in WebSocketEvent evt) => evt.Kind switch
    {
        WebSocketEventKind.Message => $"{evt.MessageKind}:{Convert.ToHexString(evt.Payload.Span)}",
        WebSocketEventKind.Ping or WebSocketEventKind.Pong => $"{evt.Kind}:{Convert.ToHexString(evt.Payload.Span)}",
        _ => $"{evt.Kind}:{evt.Code}:{evt.Reason}",
    };
}
