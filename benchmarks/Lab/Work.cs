namespace UpgradeProtocols.Lab;

/// <summary>The kind of a server's work; each contender specifies the load client's arguments for it.</summary>
internal enum WorkKind
{
    Echo,
    Typed,

    /// <summary>Typed messages whose handlers await something before they reply.</summary>
    TypedAwaiting,
    Broadcast,

    /// <summary>A broadcast on one node to members on another, over Redis.</summary>
    TwoNodes,
    Connect,
    Idle,
}

/// <summary>One row of the table.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Title">Its name in the table.</param>
/// <param name="Kind">The kind of the server's work.</param>
/// <param name="Connections">The number of connections.</param>
/// <param name="Depth">The number of messages in flight on each connection.</param>
/// <param name="Payload">The size of a message in bytes.</param>
/// <param name="Limits">The limits: our cost as a multiple of another server's, at most.</param>
internal sealed record Work(string Name, string Title, WorkKind Kind, int Connections, int Depth, int Payload, params (string Contender, double Ratio)[] Limits)
{
    public static readonly IReadOnlyList<Work> All =
    [
        new("echo-64", "echo 64 B, one in flight", WorkKind.Echo, 64, 1, 64, ("raw-kestrel", 1.08)),
        new("echo-64-deep", "echo 64 B, 16 in flight", WorkKind.Echo, 64, 16, 64, ("raw-kestrel", 1.25)),
        new("echo-1k-deep", "echo 1 KiB, 16 in flight", WorkKind.Echo, 64, 16, 1024, ("raw-kestrel", 1.25)),
        new("echo-64k", "echo 64 KiB, 4 connections", WorkKind.Echo, 4, 1, 65536, ("raw-kestrel", 1.10)),
        new("typed", "typed JSON, one in flight", WorkKind.Typed, 64, 1, 0, ("signalr-json", 0.6), ("aspnet", 0.85)),
        new("typed-deep", "typed JSON, 16 in flight", WorkKind.Typed, 64, 16, 0, ("signalr-json", 0.3), ("aspnet", 0.75)),
        new("typed-awaiting", "the same, handlers await something", WorkKind.TypedAwaiting, 64, 16, 0),
        new("broadcast", "broadcast to 500, per delivery", WorkKind.Broadcast, 500, 1, 64, ("signalr-json", 0.5), ("aspnet", 0.9)),
        new("broadcast-deep", "broadcast to 500, 16 in flight", WorkKind.Broadcast, 500, 16, 64, ("signalr-json", 0.5), ("aspnet", 0.9)),
        new("broadcast-1000", "broadcast to 1,000, per delivery", WorkKind.Broadcast, 1000, 1, 64, ("signalr-json", 0.25)),
        new("two-nodes", "broadcast to 500 on another node, per delivery", WorkKind.TwoNodes, 500, 1, 64, ("signalr-json", 0.5)),
        new("two-nodes-deep", "to 500 on another node, 16 in flight", WorkKind.TwoNodes, 500, 16, 64, ("signalr-json", 0.5)),
        new("connect", "connect, upgrade, close", WorkKind.Connect, 64, 1, 64, ("aspnet", 0.9)),
        new("idle", "memory of an idle connection", WorkKind.Idle, 5000, 1, 64, ("raw-kestrel", 1.35)),
    ];

    public string Unit => Kind == WorkKind.Idle ? "KB" : "µs";
}
