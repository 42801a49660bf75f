using BenchmarkDotNet.Attributes;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols.Benchmarks;

/// <summary>
/// The negotiation of a WebSocket handshake on a path with several subprotocols. Their number should only affect the text of a
/// refusal, which lists them.
/// </summary>
[MemoryDiagnoser]
public class NegotiationBenchmark
{
    private Negotiator? _negotiator;
    private UpgradeRequest? _request;

    public enum Choice
    {
        First,
        Last,
        None,

        /// <summary>The last one, after 99 that the path doesn't have.</summary>
        After99,
    }

    [Params(1, 10, 100)]
    public int Protocols { get; set; }

    [Params(Choice.First, Choice.Last, Choice.None, Choice.After99)]
    public Choice Asked { get; set; }

    [GlobalSetup]
    public void Declare()
    {
        var routes = Enumerable.Range(1, Protocols).Select(static version => new ProtocolRoute { Path = "/chat", Name = Name(version) });
        _negotiator = new Negotiator(new NegotiationTable(routes), new OriginPolicy(compareScheme: false, []));
        _request = Handshake(Asked switch
        {
            Choice.First => Name(1),
            Choice.Last => Name(Protocols),
            Choice.None => Name(0),
            _ => string.Join(", ", Enumerable.Range(1, 99).Select(static i => $"other.v{i}").Append(Name(Protocols))),
        });
        if (Decide() is Decision.Upgraded != (Asked != Choice.None))
        {
            throw new InvalidOperationException("The negotiator returned an unexpected result.");
        }
    }

    [Benchmark]
    public object Decide() => _negotiator!.Decide(_request!, hasRegular: false);

    private static string Name(int version) => $"chat.v{version}";

    private static UpgradeRequest Handshake(string subprotocols) => new(
        "GET", "/chat", "/chat", "", new Version(1, 1), "http", "localhost", new UpgradeRequestHeaders(
        [
            new("Host", "localhost"),
            new("Connection", "Upgrade"),
            new("Upgrade", "websocket"),
            new("Sec-WebSocket-Version", "13"),
            new("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
            new("Sec-WebSocket-Protocol", subprotocols),
        ]));
}
