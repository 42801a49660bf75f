using System.Globalization;

namespace UpgradeProtocols.Lab;

/// <summary>A server of this framework that is built with a number of handlers, and one more with a number of messages.</summary>
internal sealed record GrowthPeer(int Handlers, int Messages)
{
    public Task BuildAsync(string root, CancellationToken cancellationToken) => DotnetCommand.RunAsync(
        ["build", Path.Combine(root, "benchmarks/peers/Growth"), $"-p:Handlers={Handlers}", $"-p:Messages={Messages}", "-p:BuildProjectReferences=false"],
        cancellationToken);

    /// <summary>Returns the server as a contender at a path.</summary>
    public Contender At(string root, string path)
    {
        // All compared servers run concurrently.
        var port = 9100 + Handlers + Messages;
        var program = Path.Combine(root, "artifacts/lab/growth", $"{Handlers}-{Messages}", "Growth");
        string[] plain = ["--path", path];
        return new Contender($"{Handlers}-{Messages}", "", program, [$"--port={port}"], port, new Dictionary<WorkKind, string[]>
        {
            [WorkKind.Echo] = plain,
            [WorkKind.Connect] = plain,
            [WorkKind.Typed] = [.. plain, "--msg", "typed", "--type", "say" + Messages.ToString(CultureInfo.InvariantCulture)],
        });
    }
}
