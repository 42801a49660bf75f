using System.Buffers;
using System.Text;
using BenchmarkDotNet.Attributes;

namespace UpgradeProtocols.Benchmarks;

/// <summary>A request's head, from bytes to an <see cref="UpgradeRequest"/>: a minimal one, and one of a browser.</summary>
[MemoryDiagnoser]
public class RequestHeadBenchmark
{
    private const string Small =
        "GET /chat HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

    private const string Browser =
        "GET /rooms/42?from=lobby HTTP/1.1\r\nHost: chat.example.org\r\nConnection: Upgrade\r\nPragma: no-cache\r\nCache-Control: no-cache\r\n" +
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36\r\n" +
        "Upgrade: websocket\r\nOrigin: https://chat.example.org\r\nSec-WebSocket-Version: 13\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n" +
        "Accept-Language: en-GB,en;q=0.9,de;q=0.8\r\nCookie: session=3f9d2c1ab8e74f60; theme=dark; consent=all\r\n" +
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n" +
        "Sec-WebSocket-Protocol: chat.v2, chat.v1\r\nDNT: 1\r\n\r\n";

    private static readonly ReadOnlySequence<byte> s_small = new(Encoding.ASCII.GetBytes(Small));
    private static readonly ReadOnlySequence<byte> s_browser = new(Encoding.ASCII.GetBytes(Browser));

    private readonly RequestHeadParser _parser = new(HttpLimits.Default);

    [Benchmark]
    public object SmallHead() => Parse(s_small);

    [Benchmark]
    public object BrowsersHead() => Parse(s_browser);

    private UpgradeRequest Parse(ReadOnlySequence<byte> head)
    {
        _parser.Parse(ref head);
        var request = _parser.Head ?? throw new InvalidOperationException(_parser.Error?.Message);
        _parser.Reset();
        return new UpgradeRequest(request);
    }
}
