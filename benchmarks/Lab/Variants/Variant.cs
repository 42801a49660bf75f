namespace UpgradeProtocols.Lab;

/// <summary>This framework's server with different runtime settings.</summary>
internal static class Variant
{
    private const string NativeName = "native";

    /// <summary>The work whose cost depends on the runtime's settings.</summary>
    public static IReadOnlyList<Work> Work { get; } = [.. Lab.Work.All.Where(w => w.Name is "echo-64" or "echo-64-deep" or "typed" or "typed-deep" or "idle")];

    /// <summary>
    /// Returns all variants. On one core, the runtime always uses the workstation collector. For the server collector, the variant
    /// therefore configures two cores, and another variant shows the effect of two configured cores alone.
    /// </summary>
    public static IReadOnlyList<Contender> All(string root, string tools)
    {
        var peer = Contender.All(root, tools).First(c => c.Name == Contender.Ours);
        var native = Path.Combine(NativeFolder(root), "UpgradeProtocols.Peer");
        return
        [
            Make(peer, 0, Contender.Ours, "default settings: workstation collector, tiered compilation with profiles (PGO)"),
            Make(peer, 1, "two-cores", "the same, configured for two cores", "DOTNET_PROCESSOR_COUNT=2"),
            Make(peer, 2, "gc-server", "the server collector, configured for two cores", "DOTNET_gcServer=1", "DOTNET_PROCESSOR_COUNT=2"),
            Make(peer, 3, "no-pgo", "tiered compilation without profiles", "DOTNET_TieredPGO=0"),
            Make(peer, 4, "no-tiers", "each method compiled once, by the JIT", "DOTNET_TieredCompilation=0", "DOTNET_ReadyToRun=0"),
            Make(peer with { Command = native }, 5, NativeName, "published as a native program (NativeAOT)"),
        ];
    }

    /// <summary>Publishes the native program, if the run includes it.</summary>
    public static async Task BuildAsync(LabOptions options, CancellationToken cancellationToken)
    {
        if (options.Contenders.Any(c => c.Name == NativeName))
        {
            string[] linker = HasClang ? [] : ["-p:CppCompilerAndLinker=gcc"];
            await DotnetCommand.RunAsync(
                ["publish", Path.Combine(options.Root, "benchmarks/peers/UpgradeProtocols"), "-p:PublishAot=true", .. linker, "-o", NativeFolder(options.Root)],
                cancellationToken);
        }
    }

    private static bool HasClang =>
        Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, "clang")));

    private static string NativeFolder(string root) => Path.Combine(root, "artifacts", "lab", "native");

    // env sets the variables and then executes the program. Each variant has its own port, because all of them run concurrently.
    private static Contender Make(Contender peer, int number, string name, string title, params string[] settings)
    {
        var port = 9020 + number;
        return peer with { Name = name, Title = title, Command = "env", Arguments = [.. settings, peer.Command, $"--port={port}"], Port = port };
    }
}
