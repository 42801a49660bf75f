// Runs the fuzz targets; ./fuzz runs them under afl-fuzz (see CONTRIBUTING.md).
//
//   Fuzz TARGET                  runs the target on standard input; afl-fuzz starts this
//   Fuzz TARGET FILE...          runs the target on files or folders, to inspect a finding
//   Fuzz instrument ASSEMBLY     instruments an assembly, so that it reports its executed branches to afl-fuzz
using UpgradeProtocols.Fuzz;

switch (args)
{
    case ["instrument", var assembly]:
        Runner.Instrument(assembly);
        return 0;
    case [var name] when FuzzTargets.Names.Contains(name):
        Runner.RunUnderAfl(name);
        return 0;
    case [var name, .. var paths] when FuzzTargets.Names.Contains(name):
        return Runner.RunFiles(name, paths);
    default:
        Console.Error.WriteLine($"Fuzz {string.Join('|', FuzzTargets.Names)} [FILE...]");
        return 2;
}
