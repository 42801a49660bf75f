using System.Reflection;

namespace UpgradeProtocols.Tests.Fuzz;

/// <summary>The inputs that fuzzing starts from, including past findings.</summary>
internal static class Seeds
{
    private static readonly string s_folder = Path.Combine(
        typeof(Seeds).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "Tests.Folder").Value!,
        "..", "benchmarks", "Fuzz", "Seeds");

    public static string[] Of(string target) =>
        [.. Directory.GetFiles(Path.Combine(s_folder, target)).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    public static byte[] Read(string target, string name) => File.ReadAllBytes(Path.Combine(s_folder, target, name));

    public static byte[][] ReadAll(string target) => [.. Of(target).Select(name => Read(target, name))];
}
