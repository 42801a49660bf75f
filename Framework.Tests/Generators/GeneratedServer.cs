using System.Reflection;
using UpgradeProtocols.Tests.Hosting;

namespace UpgradeProtocols.Tests.Generators;

/// <summary>Compiles a source with the generator, and serves its handlers in memory: generated code as it runs.</summary>
internal static class GeneratedServer
{
    public static TestServer Start(string source, Action<UpgradeOptions>? options = null)
    {
        using var image = new MemoryStream();
        var emitted = GeneratorHost.RunClean(source).Output.WithAssemblyName("Served" + Guid.NewGuid().ToString("N")).Emit(image);
        Assert.True(emitted.Success, string.Join("\n", emitted.Diagnostics));
        var module = Assembly.Load(image.ToArray()).GetExportedTypes()
            .Select(type => type.GetMethod("Register", [typeof(UpgradeProtocolsBuilder)]))
            .OfType<MethodInfo>()
            .Single();
        return new TestServer(builder => module.Invoke(null, [builder]), options);
    }
}
