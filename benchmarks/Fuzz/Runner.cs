using SharpFuzz;

namespace UpgradeProtocols.Fuzz;

internal static class Runner
{
    /// <summary>Overwrites the assembly, which must be a copy of the running one.</summary>
    public static void Instrument(string assembly)
    {
        var count = Fuzzer.Instrument(assembly, static _ => true, Options.Value).Count();
        Console.WriteLine($"{assembly}: {count} types");
    }

    public static void RunUnderAfl(string name)
    {
        var target = FuzzTargets.Find(name);
        Fuzzer.Run(stream =>
        {
            using var input = new MemoryStream();
            stream.CopyTo(input);
            target(input.ToArray());
        });
    }

    /// <summary>Prints each input that fails.</summary>
    public static int RunFiles(string name, string[] paths)
    {
        var target = FuzzTargets.Find(name);
        var files = paths.SelectMany(path => Directory.Exists(path) ? Directory.GetFiles(path) : [path]).Order(StringComparer.Ordinal).ToArray();
        var failed = 0;
        foreach (var file in files)
        {
            try
            {
                target(File.ReadAllBytes(file));
            }
            catch (Exception e)
            {
                failed++;
                Console.WriteLine($"{file}: {e}");
            }
        }

        Console.WriteLine($"{files.Length - failed} passed, {failed} failed");
        return failed == 0 ? 0 : 1;
    }
}
