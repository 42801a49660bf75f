namespace UpgradeProtocols.Lab;

/// <summary>A server to measure: its command, and the load client's arguments for each kind of work.</summary>
/// <param name="Name">Its name on the command line and in the table.</param>
/// <param name="Title">Its description.</param>
/// <param name="Command">The program.</param>
/// <param name="Arguments">Its arguments.</param>
/// <param name="Port">The port on which it listens.</param>
/// <param name="Asks">The load client's arguments for each kind of work that it supports.</param>
internal sealed record Contender(
    string Name, string Title, string Command, string[] Arguments, int Port, IReadOnlyDictionary<WorkKind, string[]> Asks)
{
    public const string Ours = "ours";
    public const string OursOnEpoll = "ours-epoll";

    /// <summary>The program to start. Two contenders may use one server with different requests.</summary>
    public string Program => string.Join(' ', [Command, .. Arguments]);

    /// <summary>Returns all contenders that are built on this machine.</summary>
    public static IReadOnlyList<Contender> All(string root, string tools)
    {
        string Dotnet(string folder, string name) => Path.Combine(root, "benchmarks/peers", folder, "bin/Release/net10.0", name);
        string Native(string name) => Path.Combine(tools, name);
        Contender[] all =
        [
            new(Ours, "UpgradeProtocols, the standalone server", Dotnet("UpgradeProtocols", "UpgradeProtocols.Peer"), [], 9001, OverRedis(Awaiting(WebSocket()))),
            new(OursOnEpoll, "UpgradeProtocols on its epoll transport", Dotnet("UpgradeProtocols", "UpgradeProtocols.Peer"), ["--epoll=true"], 9010, OverRedis(Awaiting(WebSocket()))),
            new("raw-kestrel", "a Kestrel connection handler that echoes bytes", Dotnet("RawKestrel", "RawKestrel"), [], 9002, Raw()),
            new("aspnet", "ASP.NET Core WebSockets, hand-written loops", Dotnet("AspNet", "AspNet"), [], 9003, Awaiting(WebSocket())),
            new("aspnet-reader", "the same with a hand-written Utf8JsonReader loop", Dotnet("AspNet", "AspNet"), [], 9003, new Dictionary<WorkKind, string[]>
            {
                [WorkKind.Typed] = ["--path", "/reader", "--msg", "typed"],
            }),
            new("signalr-json", "SignalR, JSON", Dotnet("SignalR", "SignalR"), [], 9004, OverRedis(SignalR("signalr"))),
            new("signalr-msgpack", "SignalR, MessagePack", Dotnet("SignalR", "SignalR"), [], 9004, SignalR("signalr-msgpack")),
            new("streamjsonrpc", "StreamJsonRpc over ASP.NET Core WebSockets", Dotnet("StreamJsonRpc", "StreamJsonRpc.Peer"), [], 9005, new Dictionary<WorkKind, string[]>
            {
                [WorkKind.Typed] = ["--path", "/rpc", "--msg", "jsonrpc"],
                [WorkKind.Idle] = ["--path", "/rpc", "--msg", "jsonrpc"],
            }),
            new("ws", "npm ws on Node.js", "node", ["--expose-gc", Path.Combine(root, "benchmarks/peers/node-ws/server.js")], 9006, WebSocket()),
            new("epoll", "one epoll loop in C that echoes bytes", Native("epoll-echo"), [], 9007, Raw()),
            new("beast", "Boost.Beast (C++)", Native("beast"), [], 9008, new Dictionary<WorkKind, string[]>
            {
                [WorkKind.Echo] = ["--path", "/echo"],
                [WorkKind.Connect] = ["--path", "/echo"],
                [WorkKind.Idle] = ["--path", "/echo"],
            }),
            new("gorilla", "gorilla/websocket (Go)", Native("gorilla"), [], 9009, WebSocket()),
        ];
        return [.. all.Where(c => c.Command == "node" ? Directory.Exists(Path.Combine(root, "benchmarks/peers/node-ws/node_modules")) : File.Exists(c.Command))];
    }

    private static Dictionary<WorkKind, string[]> WebSocket() => new()
    {
        [WorkKind.Echo] = ["--path", "/echo"],
        [WorkKind.Typed] = ["--path", "/json", "--msg", "typed"],
        [WorkKind.Broadcast] = ["--path", "/publish", "--sub-path", "/subscribe"],
        [WorkKind.Connect] = ["--path", "/echo"],
        [WorkKind.Idle] = ["--path", "/echo"],
    };

    private static Dictionary<WorkKind, string[]> Awaiting(Dictionary<WorkKind, string[]> asks) =>
        new(asks) { [WorkKind.TypedAwaiting] = ["--path", "/json-awaiting", "--msg", "typed"] };

    // The server accepts --urls and --redis.
    private static Dictionary<WorkKind, string[]> OverRedis(Dictionary<WorkKind, string[]> asks) => new(asks) { [WorkKind.TwoNodes] = asks[WorkKind.Broadcast] };

    private static Dictionary<WorkKind, string[]> Raw() => new()
    {
        [WorkKind.Echo] = ["--proto", "raw"],
        [WorkKind.Idle] = ["--proto", "raw"],
    };

    private static Dictionary<WorkKind, string[]> SignalR(string message) => new()
    {
        [WorkKind.Typed] = ["--path", "/hub", "--msg", message],
        [WorkKind.TypedAwaiting] = ["--path", "/hub-awaiting", "--msg", message],
        [WorkKind.Broadcast] = ["--path", "/hub", "--msg", message + "-publish", "--join", "Join"],
        [WorkKind.Connect] = ["--path", "/hub", "--msg", message],
        [WorkKind.Idle] = ["--path", "/hub", "--msg", message],
    };
}
