using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace UpgradeProtocols.Tests.WebSockets;

/// <summary>A line of Cases/frames.jsonl. Runs the part of the case that needs only the reader.</summary>
internal sealed class FrameCase(JsonElement root)
{
    public string Id => root.GetProperty("id").GetString()!;

    /// <summary>The agreement for the client's offer, if the server compresses on that path.</summary>
    public DeflateAgreement? Agreement => root.TryGetProperty("extensions", out var offers) && !root.TryGetProperty("path", out _)
        ? DeflateOffer.Negotiate(offers.GetString()!.Split(','), new DeflateOptions(), out _)
        : null;

    /// <summary>Whether the answer contains all expected parameters and no forbidden ones.</summary>
    public bool AgreesAsExpected => !root.TryGetProperty("agreed", out var agreed)
        || agreed.EnumerateObject().All(item => item.Value.GetBoolean() == (Agreement?.ToHeaderValue() ?? "").Contains(item.Name, StringComparison.Ordinal));

    /// <summary>The message size limit of the echo server's path.</summary>
    public int MaxMessageSize => root.TryGetProperty("path", out var path) && path.GetString() == "/small" ? 1024 : 16 << 20;

    public int? Piece => root.TryGetProperty("piece", out var piece) ? piece.GetInt32() : null;

    public static IEnumerable<FrameCase> All([CallerFilePath] string file = "") =>
        File.ReadLines(Path.Combine(Path.GetDirectoryName(file)!, "..", "Cases", "frames.jsonl"))
            .Where(line => line.Length > 0)
            .Select(line => new FrameCase(JsonDocument.Parse(line).RootElement));

    public byte[] Input() => ClientFrames.Join(root.GetProperty("send").EnumerateArray().Select(Frame));

    /// <summary>Whether the reader's events lead to the replies that the case expects.</summary>
    public bool Accepts(List<string> events)
    {
        var expected = root.GetProperty("expect").EnumerateArray().Where(item => !item.TryGetProperty("end", out _)).ToList();
        var seen = events.Where(line => !line.StartsWith("Pong:", StringComparison.Ordinal)).ToList();
        return expected.Count == seen.Count && expected.Zip(seen).All(pair => Matches(pair.First, pair.Second));
    }

    private static bool Matches(JsonElement expected, string seen)
    {
        var property = expected.EnumerateObject().Single();
        return property.Name switch
        {
            "text" => seen == $"Text:{Convert.ToHexString(Bytes(property.Value))}",
            "bin" => seen == $"Binary:{Convert.ToHexString(Bytes(property.Value))}",
            "pong" => seen == $"Ping:{Convert.ToHexString(Bytes(property.Value))}",
            "close" => Codes(property.Value).Any(code =>
                seen.StartsWith($"Close:{code}:", StringComparison.Ordinal) || seen.StartsWith($"Failure:{code}:", StringComparison.Ordinal)),
            _ => throw new NotSupportedException(property.Name),
        };
    }

    private static IEnumerable<int> Codes(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().Select(code => code.GetInt32()) : [value.GetInt32()];

    private static byte[] Frame(JsonElement item)
    {
        if (item.TryGetProperty("raw", out var raw))
        {
            return Bytes(raw);
        }

        return ClientFrames.Frame(
            item.GetProperty("op").GetInt32(),
            Bytes(item.GetProperty("payload")),
            fin: !item.TryGetProperty("fin", out var fin) || fin.GetBoolean(),
            rsv: item.TryGetProperty("rsv", out var rsv) ? rsv.GetInt32() : 0,
            masked: !item.TryGetProperty("mask", out var mask) || mask.GetBoolean(),
            lengthSize: item.TryGetProperty("form", out var form) ? form.GetInt32() : null);
    }

    private static byte[] Bytes(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String)
        {
            return Encoding.UTF8.GetBytes(value.GetString()!);
        }

        var property = value.EnumerateObject().First();
        return property.Name switch
        {
            "hex" => Convert.FromHexString(property.Value.GetString()!),
            "random" => Samples.Random(property.Value.GetInt32()),
            "deflate" => new Zlib.Sender().Compress(Bytes(property.Value)),
            "repeat" => Repeat(Bytes(property.Value[0]), property.Value[1].GetInt32()),
            _ => throw new NotSupportedException(property.Name),
        };
    }

    private static byte[] Repeat(byte[] unit, int count)
    {
        var all = new byte[unit.Length * count];
        for (var at = 0; at < all.Length; at += unit.Length)
        {
            unit.CopyTo(all, at);
        }

        return all;
    }
}
