using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using UpgradeProtocols.Tests.Hosting;
using UpgradeProtocols.Tests.WebSockets;

namespace UpgradeProtocols.Tests.Wire;

/// <summary>A line of the files in Cases: the bytes to send and the expected replies.</summary>
internal sealed class WireCase(JsonElement root)
{
    public string Id => root.GetProperty("id").GetString()!;

    private int Piece => root.TryGetProperty("piece", out var piece) ? piece.GetInt32() : int.MaxValue;

    public static IEnumerable<WireCase> All(string name, [CallerFilePath] string file = "") =>
        File.ReadLines(Path.Combine(Path.GetDirectoryName(file)!, "..", "Cases", name))
            .Where(line => line.Length > 0 && !line.StartsWith("//", StringComparison.Ordinal))
            .Select(line => new WireCase(JsonDocument.Parse(line).RootElement));

    public async Task RunHandshakeAsync(TestClient client)
    {
        foreach (var part in root.GetProperty("send").EnumerateArray())
        {
            if (part.ValueKind == JsonValueKind.String)
            {
                await TrySendAsync(client, Encoding.Latin1.GetBytes(part.GetString()!));
            }
            else if (part.TryGetProperty("repeat", out var repeat))
            {
                await TrySendAsync(client, Encoding.Latin1.GetBytes(string.Concat(Enumerable.Repeat(repeat[0].GetString(), repeat[1].GetInt32()))));
            }
            else if (part.TryGetProperty("response", out var response))
            {
                Check(response, await client.ResponseAsync());
            }
            else if (part.TryGetProperty("shut", out _))
            {
                client.Shut();
            }

            // A "wait" only splits the sent bytes: the test sends the pieces one at a time in any case.
        }

        foreach (var expected in root.GetProperty("expect").EnumerateArray())
        {
            await ExpectAsync(client, expected);
        }
    }

    public async Task RunFramesAsync(TestClient client)
    {
        var more = root.TryGetProperty("protocols", out var protocols) ? $"Sec-WebSocket-Protocol: {protocols}\r\n" : "";
        more += root.TryGetProperty("extensions", out var extensions) ? $"Sec-WebSocket-Extensions: {extensions}\r\n" : "";
        var opened = await client.OpenAsync(root.TryGetProperty("path", out var path) ? path.GetString()! : "/echo", more);
        Assert.Equal("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", opened["Sec-WebSocket-Accept"]);
        var agreed = opened["Sec-WebSocket-Extensions"] ?? "";
        foreach (var word in root.TryGetProperty("agreed", out var words) ? words.EnumerateObject() : default)
        {
            Assert.Equal(word.Value.GetBoolean(), agreed.Contains(word.Name, StringComparison.Ordinal));
        }

        using var inflater = new Inflater(agreed);
        var bytes = ClientFrames.Join(root.GetProperty("send").EnumerateArray().Where(item => !item.TryGetProperty("wait", out _)).Select(Frame));
        await TrySendAsync(client, bytes);
        foreach (var expected in root.GetProperty("expect").EnumerateArray())
        {
            if (expected.TryGetProperty("send", out var send))
            {
                await TrySendAsync(client, ClientFrames.Join(send.EnumerateArray().Select(Frame)));
            }
            else if (expected.TryGetProperty("end", out _))
            {
                await client.EndAsync();
            }
            else
            {
                Check(expected.EnumerateObject().First(), inflater.Inflate(await MessageAsync(client)));
            }
        }
    }

    // A server that refuses may close the connection before all bytes are sent. Only its response counts.
    private async Task TrySendAsync(TestClient client, byte[] bytes)
    {
        try
        {
            await client.SendAsync(bytes, Piece);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
        }
    }

    private static async Task<TestFrame> MessageAsync(TestClient client)
    {
        var first = await client.FrameAsync();
        var payload = first.Payload.ToList();
        for (var frame = first; !frame.Fin;)
        {
            frame = await client.FrameAsync();
            payload.AddRange(frame.Payload);
        }

        return first with { Payload = [.. payload] };
    }

    private static void Check(JsonProperty expected, TestFrame seen)
    {
        switch (expected.Name)
        {
            case "close":
                Assert.Equal(8, seen.Opcode);
                Assert.Contains(seen.Code, Numbers(expected.Value));
                break;
            case "text":
            case "bin":
            case "pong":
                Assert.Equal(expected.Name switch { "text" => 1, "bin" => 2, _ => 10 }, seen.Opcode);
                Assert.Equal(Bytes(expected.Value), seen.Payload);
                break;
            default:
                throw new NotSupportedException(expected.Name);
        }
    }

    private static async Task ExpectAsync(TestClient client, JsonElement expected)
    {
        if (expected.TryGetProperty("status", out _))
        {
            Check(expected, await client.ResponseAsync(expected.TryGetProperty("head", out var head) && head.GetBoolean()));
        }
        else if (expected.TryGetProperty("bytes", out var bytes))
        {
            Assert.Equal(bytes.GetString(), await client.StringAsync(bytes.GetString()!.Length));
        }
        else if (expected.TryGetProperty("send", out var send))
        {
            await client.SendAsync(send.GetString()!);
        }
        else if (expected.TryGetProperty("end", out _))
        {
            await client.EndAsync();
        }
        else
        {
            throw new NotSupportedException(expected.GetRawText());
        }
    }

    private static void Check(JsonElement expected, TestResponse seen)
    {
        Assert.Contains(seen.Status, Numbers(expected.GetProperty("status")));
        if (expected.TryGetProperty("fields", out var fields))
        {
            foreach (var field in fields.EnumerateObject())
            {
                CheckField(field.Value.GetString(), seen[field.Name]);
            }
        }

        if (expected.TryGetProperty("body", out var body))
        {
            Assert.Contains(body.GetString()!, seen.Body, StringComparison.Ordinal);
        }
    }

    // "*" matches any value, "~x" a value that contains x, null an absent header.
    private static void CheckField(string? expected, string? seen)
    {
        switch (expected)
        {
            case null:
                Assert.Null(seen);
                break;
            case "*":
                Assert.NotNull(seen);
                break;
            case ['~', .. var part]:
                Assert.Contains(part, seen, StringComparison.OrdinalIgnoreCase);
                break;
            default:
                Assert.Equal(expected, seen);
                break;
        }
    }

    private static byte[] Compress(byte[] message)
    {
        using var sender = new Zlib.Sender();
        return sender.Compress(message);
    }

    private static int[] Numbers(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(item => item.GetInt32())] : [value.GetInt32()];

    private static byte[] Frame(JsonElement item) => item.TryGetProperty("raw", out var raw)
        ? Bytes(raw)
        : ClientFrames.Frame(
            item.GetProperty("op").GetInt32(),
            item.TryGetProperty("payload", out var payload) ? Bytes(payload) : [],
            fin: !item.TryGetProperty("fin", out var fin) || fin.GetBoolean(),
            rsv: item.TryGetProperty("rsv", out var rsv) ? rsv.GetInt32() : 0,
            masked: !item.TryGetProperty("mask", out var mask) || mask.GetBoolean(),
            lengthSize: item.TryGetProperty("form", out var form) ? form.GetInt32() : null);

    private static byte[] Bytes(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String)
        {
            return Encoding.UTF8.GetBytes(value.GetString()!);
        }

        var property = value.EnumerateObject().First();
        return property.Name switch
        {
            "random" => Samples.Random(property.Value.GetInt32()),
            "deflate" => Compress(Bytes(property.Value)),
            "hex" => Convert.FromHexString(property.Value.GetString()!),
            "repeat" => [.. Enumerable.Repeat(Bytes(property.Value[0]), property.Value[1].GetInt32()).SelectMany(bytes => bytes)],
            _ => throw new NotSupportedException(property.Name),
        };
    }

    /// <summary>Inflates messages of the server, with the previous context unless server_no_context_takeover was agreed.</summary>
    private sealed class Inflater(string agreed) : IDisposable
    {
        private Zlib.Receiver _receiver = new();

        public TestFrame Inflate(TestFrame message)
        {
            if (!message.Rsv1)
            {
                return message;
            }

            Assert.Contains("permessage-deflate", agreed, StringComparison.Ordinal);
            var inflated = message with { Payload = _receiver.Inflate(message.Payload) };
            if (agreed.Contains("server_no_context_takeover", StringComparison.Ordinal))
            {
                _receiver.Dispose();
                _receiver = new Zlib.Receiver();
            }

            return inflated;
        }

        public void Dispose() => _receiver.Dispose();
    }
}
