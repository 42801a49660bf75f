// Mutation testing: finds places of the product where a change fails no test.
//
//   dotnet run -c Release --project benchmarks/Mutation                                  all folders (hours on two cores)
//   dotnet run -c Release --project benchmarks/Mutation -- Framework.Conversation/Outbound            some folders
//   dotnet run -c Release --project benchmarks/Mutation -- --again Framework.Conversation/Outbound    only the survivors of the last run, with all tests that reach them
//   dotnet run -c Release --project benchmarks/Mutation -- --every 5                     a sample: each fifth mutant
//   dotnet run -c Release --project benchmarks/Mutation -- --list Framework.Conversation/Outbound     the mutants, without a run
//
// The program copies the repository to --scratch FOLDER (default: a folder in the temporary folder). There it puts every mutant into
// one build: each mutable place asks for its number (MutantSwitch). A first run of each test class records which mutants the class
// reaches. Then the classes that reach a mutant run with it, up to the first failed test; a mutant that hangs counts as found. A process
// runs many mutants, because most of the time of a new one is compilation; after each found mutant the same tests must pass without it,
// otherwise the next mutant gets a new process. The results are in results.tsv in the scratch folder, and the survivors in survivors.md.
using System.Diagnostics;
using System.Globalization;
using UpgradeProtocols.Mutation;

var options = MutationOptions.Parse(args);
if (options is null)
{
    Console.Error.WriteLine("Usage: [--again] [--list] [--every N] [--scratch FOLDER] [FOLDER...]");
    return 2;
}

var scratch = new ScratchCopy(options.Repository, options.Scratch);
scratch.Update();
var mutants = new MutatedBuild(scratch, MutationOptions.AllFolders);
if (options.ListsOnly)
{
    mutants.All.Where(options.Includes).ToList().ForEach(Console.WriteLine);
    return 0;
}

if (!mutants.Build())
{
    return 1;
}

var results = new Results(Path.Combine(options.Scratch, "results.tsv"));
using var runner = new TestRunner(scratch, Path.Combine(options.Scratch, "runs"));
var coverage = new Coverage(Path.Combine(options.Scratch, "coverage"), mutants.Hash);
coverage.Record(runner, TestClasses.Find(scratch));
var chosen = mutants.All.Where(options.Includes).OrderBy(options.OrderOf).ToList();
var remaining = chosen.Where(mutant => options.OnlySurvivors ? results.IsSurvivor(mutant) : !results.Has(mutant)).ToList();
var trials = new Trials(runner, coverage, results, takesAll: options.OnlySurvivors);
for (var i = 0; i < remaining.Count; i++)
{
    var time = Stopwatch.StartNew();
    var result = trials.Try(remaining[i]);
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{i + 1}/{remaining.Count} {result} {time.Elapsed.TotalSeconds:N1} s ({runner.GivenUp}) {remaining[i]}"));
}

Report.Write(chosen, results, Path.Combine(options.Scratch, "survivors.md"));
return 0;
