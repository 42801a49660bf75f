using System.Reflection;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Hosting;

namespace UpgradeProtocols.Tests.Generators;

/// <summary>Loads what was generated and compiled, and serves it in memory.</summary>
internal static class GeneratedServer
{
    public static TestServer Start(GeneratorRun run)
    {
        using var stream = new MemoryStream();
        var emitted = run.Output.Emit(stream, cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(emitted.Success, string.Join("\n", emitted.Diagnostics));
        var module = Assembly.Load(stream.ToArray()).GetCustomAttribute<UpgradeProtocolModuleAttribute>()!.ModuleType;
        return new TestServer(builder => module.GetMethod("Register")!.Invoke(null, [builder]));
    }

    /// <summary>Compiles the sources without a warning, opens a connection, sends, and gives what comes back.</summary>
    public static async Task<string> AskAsync(string source, string message, string path = "/")
    {
        await using var server = Start(GeneratorHost.RunClean(source));
        var client = await server.OpenAsync(path);
        await client.TextAsync(message);
        return await client.TextAsync();
    }
}
