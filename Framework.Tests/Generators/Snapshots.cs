using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace UpgradeProtocols.Tests.Generators;

/// <summary>
/// Snapshots like those of Verify.SourceGenerators: <c>Class.Method#hint.verified.cs</c> beside the test is the expected output of the
/// generator, and <c>.received.cs</c> is the actual output if it differs. UPDATE_SNAPSHOTS=1 accepts it.
/// </summary>
internal static class Snapshots
{
    private static readonly UTF8Encoding s_encoding = new(encoderShouldEmitUTF8Identifier: true);

    public static async Task Verify(GeneratorRun run, [CallerFilePath] string file = "", [CallerMemberName] string method = "")
    {
        var name = $"{Path.GetFileNameWithoutExtension(file)}.{method}";
        var folder = Directory.CreateDirectory(Folder).FullName;
        var isAccepted = Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1";
        var known = Directory.EnumerateFiles(folder, $"{name}#*.verified.cs").ToHashSet();
        var wrong = new List<string>();
        foreach (var (hint, text) in run.Files)
        {
            var path = Path.Combine(folder, $"{name}#{hint[..^".cs".Length]}");
            var content = $"//HintName: {hint}\n{text}";
            var isKnown = known.Remove(path + ".verified.cs");
            if (isAccepted || (isKnown && await File.ReadAllTextAsync(path + ".verified.cs") == content))
            {
                await File.WriteAllTextAsync(path + ".verified.cs", content, s_encoding);
                File.Delete(path + ".received.cs");
                continue;
            }

            await File.WriteAllTextAsync(path + ".received.cs", content, s_encoding);
            wrong.Add(Path.GetFileName(path) + ".received.cs");
        }

        if (isAccepted)
        {
            known.ToList().ForEach(File.Delete);
        }

        Assert.True(wrong.Count == 0, $"Not as verified: {string.Join(", ", wrong)}. Compare, and accept with UPDATE_SNAPSHOTS=1.");
        Assert.True(isAccepted || known.Count == 0, $"No longer written: {string.Join(", ", known.Select(Path.GetFileName))}.");
    }

    /// <summary>The names of all snapshots.</summary>
    public static IEnumerable<string> Verified() => Directory.EnumerateFiles(Folder, "*.verified.cs").Select(path => Path.GetFileName(path));

    private static string Folder => Path.Combine(
        typeof(Snapshots).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(entry => entry.Key == "Tests.Folder").Value!, "Generators", "Snapshots");
}
