// Runs the fuzz targets; ./fuzz does it under afl-fuzz, as CONTRIBUTING.md says.
//
//   Fuzz TARGET                  runs the target on standard input: what afl-fuzz starts
//   Fuzz TARGET FILE...          runs the target on files or folders: to see a finding
//   Fuzz instrument ASSEMBLY     makes an assembly tell afl-fuzz which of its branches were taken
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
