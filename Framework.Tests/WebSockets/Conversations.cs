using CsCheck;

namespace UpgradeProtocols.Tests.WebSockets;

/// <summary>Random streams of frames: most are valid, some have an error, some are truncated.</summary>
internal static class Conversations
{
    public const int MaxMessageSize = 600;

    private static readonly Gen<byte[]> TextBytes =
        Gen.OneOf(Gen.String[0, 60], Gen.OneOf("", "plain", "κόσμε", "€€€", "😀😀", "\u07FF\u0800\uFFFD"))
            .Select(text => System.Text.Encoding.UTF8.GetBytes(text));

    private static readonly Gen<byte[]> Control =
        Gen.Select(Gen.Int[9, 10], Gen.Byte.Array[0, 125], Key()).Select((opcode, payload, key) => ClientFrames.Frame(opcode, payload, key: key));

    private static readonly Gen<byte[]> Message =
        Gen.Select(Gen.Bool, TextBytes, Gen.Byte.Array[0, 300], Gen.Int[1, 50].Array[0, 4], Control.Array[0, 2], Key())
            .Select((isText, text, bytes, cuts, controls, key) => Fragments(isText ? 1 : 2, isText ? text : bytes, cuts, controls, key));

    private static readonly Gen<byte[]> Fault = Gen.OneOf(
        Gen.Byte.Array[0, 20],
        Gen.Byte.Array[1, 30].Select(payload => ClientFrames.Frame(1, payload)),
        Gen.Byte.Array[1, 30].Select(payload => ClientFrames.Frame(8, payload)),
        Gen.Int[0, 15].Select(opcode => ClientFrames.Frame(opcode, new byte[3], rsv: 2)),
        Gen.Const(ClientFrames.Frame(2, new byte[MaxMessageSize + 1])),
        Gen.Const(ClientFrames.Frame(0, [])));

    public static Gen<byte[]> Any { get; } =
        Gen.Select(
                Gen.Frequency((8, Message), (3, Control), (1, Fault)).Array[0, 8],
                Gen.Int[0, 30])
            .Select((frames, cut) => ClientFrames.Join(frames) is var all && cut < 10 ? all[..Math.Max(0, all.Length - cut)] : all);

    private static Gen<byte[]> Key() => Gen.Byte.Array[4];

    private static byte[] Fragments(int opcode, byte[] payload, int[] cuts, byte[][] controls, byte[] key)
    {
        var frames = new List<byte[]>();
        var at = 0;
        foreach (var cut in cuts)
        {
            var size = Math.Min(cut, payload.Length - at);
            frames.Add(ClientFrames.Frame(frames.Count == 0 ? opcode : 0, payload.AsSpan(at, size), fin: false, key: key));
            at += size;
        }

        var last = ClientFrames.Frame(frames.Count == 0 ? opcode : 0, payload.AsSpan(at), key: key);
        var between = frames.Count > 0 ? controls : [];
        return ClientFrames.Join([.. frames, .. between, last]);
    }
}
