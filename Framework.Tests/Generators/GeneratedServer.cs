using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Hosting;

namespace UpgradeProtocols.Tests.Generators;

/// <summary>Loads the generated and compiled code and serves it in memory.</summary>
internal static class GeneratedServer
{
    public static TestServer Start(string source, Action<UpgradeOptions>? options = null, Action<IServiceCollection, Assembly>? services = null) =>
        Start(GeneratorHost.RunClean(source), options, services);

    public static TestServer Start(GeneratorRun run, Action<UpgradeOptions>? options = null, Action<IServiceCollection, Assembly>? services = null)
    {
        using var image = new MemoryStream();
        var emitted = run.Output.WithAssemblyName("Served" + Guid.NewGuid().ToString("N")).Emit(image, cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(emitted.Success, string.Join("\n", emitted.Diagnostics));
        var module = Assembly.Load(image.ToArray()).GetCustomAttribute<UpgradeProtocolModuleAttribute>()!.ModuleType;
        return new TestServer(
            builder =>
            {
                services?.Invoke(builder.Services, module.Assembly);
                module.GetMethod("Register")!.Invoke(null, [builder]);
            },
            options);
    }

    /// <summary>Compiles the sources without a warning, opens a connection, sends a message and returns the answer.</summary>
    public static async Task<string> AskAsync(string source, string message, string path = "/")
    {
        await using var server = Start(source);
        var client = await server.OpenAsync(path);
        await client.TextAsync(message);
        return await client.TextAsync();
    }
}
