namespace UpgradeProtocols.Lab;

/// <summary>A plot of a cost as a function of a size.</summary>
/// <param name="Name">Its name on the command line and in the file's name.</param>
/// <param name="Title">Its heading.</param>
/// <param name="Axis">The variable that grows.</param>
/// <param name="Unit">The unit of the cost, the same for all curves.</param>
/// <param name="Sizes">The values of the variable.</param>
/// <param name="Subjects">The measurements at each size.</param>
internal sealed record GrowthPlot(string Name, string Title, string Axis, string Unit, int[] Sizes, params GrowthSubject[] Subjects)
{
    private const int GroupMembers = 10;
    private const string OfMessage = "CPU of a message";
    private const string OfKilobyte = "CPU of a KiB";

    /// <summary>A thousand connections, ten in each of the groups that receive no publication.</summary>
    private static readonly Work s_crowd = new("crowd", "connections in other groups", WorkKind.Idle, 1000, 1, 64);

    /// <summary>The server to build for a size, if the plot needs a special one.</summary>
    public Func<int, GrowthPeer>? Peer { get; private init; }

    /// <summary>Whether the sizes are bytes.</summary>
    public bool IsInBytes { get; private init; }

    public static IReadOnlyList<GrowthPlot> All(string root, string tools)
    {
        var contenders = Contender.All(root, tools);
        var ours = contenders.First(c => c.Name == Contender.Ours);
        var bare = contenders.First(c => c.Name == "raw-kestrel");
        var machine = contenders.FirstOrDefault(c => c.Name == "epoll") ?? bare;
        return
        [
            new("connections", "Connections: CPU of a message", "connections (echo 64 B, one in flight on each)", "µs", [10, 32, 100, 316, 1000, 3162, 10_000],
                new(n => new(ours, Echo(n)), new GrowthCurve("ours", Slope.Flat)),
                new(n => new(bare, Echo(n)), new GrowthCurve("a bare Kestrel handler"))),
            new("memory", "Connections: memory of one that is idle", "connections", "KB", [100, 316, 1000, 3162, 10_000],
                new(n => new(ours, Idle(n)), new GrowthCurve("ours", Slope.Flat)),
                new(n => new(bare, Idle(n)), new GrowthCurve("a bare Kestrel handler"))),
            new("size", "Size of a message", "message (echo, 4 connections, one in flight on each)", "µs", [.. Enumerable.Range(2, 11).Select(n => 1 << (2 * n))],
                new(n => new(ours, Large(n)), new GrowthCurve(OfMessage, Slope.Linear), new GrowthCurve(OfKilobyte, Slope.Flat) { Of = PerKilobyte }),
                new(n => new(machine, Large(n)),
                    new GrowthCurve($"the same, {Floor(machine)}") { Below = OfMessage },
                    new GrowthCurve($"a KiB, {Floor(machine)}") { Below = OfKilobyte, Of = PerKilobyte }))
            {
                IsInBytes = true,
            },
            new("handlers", "Handlers of a server", "handlers, each at two paths; the client requests the last", "µs", [1, 10, 20, 100, 200],
                new(n => new(new GrowthPeer(n, 1).At(root, $"/literal{n}"), Connect("literal", n)), new GrowthCurve("connect, upgrade, close", Slope.Flat)),
                new(n => new(new GrowthPeer(n, 1).At(root, $"/template{n}/7"), Connect("template", n)), new GrowthCurve("the same, path with a parameter", Slope.Flat)),
                new(n => new(new GrowthPeer(n, 1).At(root, $"/literal{n}"), new Work($"handlers-{n}", "echo", WorkKind.Echo, 64, 16, 64)), new GrowthCurve("a message, 16 in flight", Slope.Flat)))
            {
                Peer = static n => new(n, 1),
            },
            new("messages", "Messages of a handler", "messages; the client sends the last (typed JSON, 16 in flight)", "µs", [1, 10, 20, 100, 200],
                new GrowthSubject(n => new(new GrowthPeer(1, n).At(root, "/json"), new Work($"messages-{n}", "typed JSON", WorkKind.Typed, 64, 16, 0)),
                    new GrowthCurve("a message", Slope.Flat)))
            {
                Peer = static n => new(1, n),
            },
            new("groups", "Groups", $"other groups, each of {GroupMembers} members among 1,000 connections", "µs", [1, 10, 100, 1000, 10_000],
                new GrowthSubject(n => new(WithGroups(ours, n), new Work($"groups-{n}", "publish", WorkKind.Broadcast, GroupMembers, 1, 64), s_crowd),
                    new GrowthCurve($"publish to a group of {GroupMembers}", Slope.Flat) { Of = static (cost, _) => cost * GroupMembers })),
        ];
    }

    /// <summary>Returns every second size, including the largest.</summary>
    public GrowthPlot Shortened() => this with { Sizes = [.. Sizes.Where((_, i) => (Sizes.Length - 1 - i) % 2 == 0)] };

    private static Work Echo(int connections) => new($"connections-{connections}", "echo", WorkKind.Echo, connections, 1, 64);

    private static Work Large(int size) => new($"size-{size}", "echo", WorkKind.Echo, 4, 1, size);

    private static double PerKilobyte(double cost, int size) => cost * 1024 / size;

    private static string Floor(Contender contender) => contender.Name == "epoll" ? "an epoll loop in C" : "a bare Kestrel handler";

    private static Work Connect(string name, int handlers) => new($"{name}-{handlers}", "connect", WorkKind.Connect, 64, 1, 64);

    private static Work Idle(int connections) => new($"memory-{connections}", "memory", WorkKind.Idle, connections, 1, 64);

    // The servers for all numbers of groups run concurrently, each on its own port.
    private static Contender WithGroups(Contender ours, int groups)
    {
        var port = 9100 + (int)Math.Log10(groups);
        return ours with
        {
            Arguments = [$"--port={port}"],
            Port = port,
            Asks = new Dictionary<WorkKind, string[]>(ours.Asks) { [WorkKind.Idle] = ["--path", $"/crowd/{groups}"] },
        };
    }
}

/// <summary>A measurement at each size, and the curves of its results.</summary>
internal sealed record GrowthSubject(Func<int, Trial> At, params GrowthCurve[] Curves);

/// <summary>A line of a plot.</summary>
/// <param name="Title">Its name in the legend.</param>
/// <param name="Most">The maximum slope, with both axes logarithmic; null for a curve that serves only as a comparison.</param>
internal sealed record GrowthCurve(string Title, double? Most = null)
{
    /// <summary>The curve for which this one is the floor, if it isn't the floor of all curves.</summary>
    public string? Below { get; init; }

    /// <summary>Converts the cost that was measured at a size to the plotted value.</summary>
    public Func<double, int, double> Of { get; init; } = static (cost, _) => cost;
}
