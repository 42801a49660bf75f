using System.Security.Cryptography;
using System.Text;

namespace UpgradeProtocols.Mutation;

/// <summary>The build that has all mutants. Mutants that don't compile are left out.</summary>
internal sealed class MutatedBuild
{
    private readonly ScratchCopy _scratch;
    private readonly string[] _files;
    private readonly Dictionary<string, string> _originals;
    private readonly HashSet<string> _excluded;
    private readonly string _excludedFile;

    public MutatedBuild(ScratchCopy scratch, IReadOnlyList<string> folders)
    {
        _scratch = scratch;
        _files = [.. folders.SelectMany(folder => Directory.EnumerateFiles(scratch.PathOf(folder), "*.cs", SearchOption.AllDirectories))
            .Select(path => Path.GetRelativePath(scratch.Folder, path))
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)];
        _originals = _files.ToDictionary(file => file, file => File.ReadAllText(scratch.PathOf(file)));
        _excludedFile = Path.Combine(scratch.Folder, "..", "excluded.txt");
        _excluded = File.Exists(_excludedFile) ? [.. File.ReadAllLines(_excludedFile)] : [];
        Mutate();
    }

    public List<Mutant> All { get; private set; } = [];

    /// <summary>Identifies the mutants and their numbers.</summary>
    public string Hash => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', All.Select(static mutant => mutant.Id)))));

    /// <summary>Builds the copy; whether it succeeded.</summary>
    public bool Build()
    {
        var source = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "MutantSwitch.cs.txt"));
        foreach (var project in (string[])["Framework", "Framework.Transport.Epoll"])
        {
            _scratch.WriteIfDifferent($"{project}/MutantSwitch.cs", source);
        }

        for (var attempt = 0; attempt < 30; attempt++)
        {
            Write();
            var (succeeded, errors) = BuildProject("Framework.Transport.Epoll");
            if (succeeded)
            {
                (succeeded, errors) = BuildProject("Framework.Tests");
                errors.ForEach(Console.Error.WriteLine);
                return succeeded;
            }

            var before = _excluded.Count;
            foreach (var error in errors)
            {
                Exclude(error);
            }

            Console.WriteLine($"{errors.Count} errors: {_excluded.Count - before} mutants don't compile.");
            if (_excluded.Count == before)
            {
                errors.ForEach(Console.Error.WriteLine);
                return false;
            }

            File.WriteAllLines(_excludedFile, _excluded.Order(StringComparer.Ordinal));
            Mutate();
        }

        return false;
    }

    private void Mutate()
    {
        var number = 0;
        All = [];
        foreach (var (file, content) in _originals)
        {
            All.AddRange(Mutator.Mutate(file, content, () => ++number, _excluded.Contains).Mutants);
        }
    }

    private void Write()
    {
        var number = 0;
        foreach (var (file, content) in _originals)
        {
            var mutated = Mutator.Mutate(file, content, () => ++number, _excluded.Contains).Content;
            _scratch.WriteIfDifferent(file, Encoding.UTF8.GetBytes(mutated));
        }
    }

    private void Exclude(BuildError error)
    {
        var file = Path.GetRelativePath(_scratch.Folder, error.File);
        if (_originals.ContainsKey(file))
        {
            foreach (var number in BuildError.MutantsAt(File.ReadAllText(error.File), error))
            {
                _excluded.Add(All[number - 1].Id);
            }
        }
    }

    private (bool Succeeded, List<BuildError> Errors) BuildProject(string project)
    {
        var (code, output) = TestRunner.Run(
            "dotnet",
            [
                "build", project, "-c", "Release", "-p:UseSharedCompilation=true", "-p:TreatWarningsAsErrors=false", "-p:RunAnalyzers=false",
                "-p:EnforceCodeStyleInBuild=false", "-nologo", "-v", "quiet", "-clp:ErrorsOnly", "-nodeReuse:false",
            ],
            _scratch.Folder,
            TimeSpan.FromMinutes(20));
        return (code == 0, BuildError.Parse(output));
    }
}
