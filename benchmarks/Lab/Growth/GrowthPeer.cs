using System.Globalization;

namespace UpgradeProtocols.Lab;

/// <summary>A server of ours that is built with so many handlers, and with so many messages in another.</summary>
internal sealed record GrowthPeer(int Handlers, int Messages)
{
    public Task BuildAsync(string root, CancellationToken cancellationToken) => DotnetCommand.RunAsync(
        ["build", Path.Combine(root, "benchmarks/peers/Growth"), $"-p:Handlers={Handlers}", $"-p:Messages={Messages}", "-p:BuildProjectReferences=false"],
        cancellationToken);

    /// <summary>The server, asked at a path.</summary>
    public Contender At(string root, string path)
    {
        // All that are compared run at once.
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
