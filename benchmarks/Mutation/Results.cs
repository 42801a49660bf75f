namespace UpgradeProtocols.Mutation;

/// <summary>The result of each mutant so far, in a file: a run that was stopped continues.</summary>
internal sealed class Results
{
    private readonly string _file;
    private readonly Dictionary<string, string> _results = new(StringComparer.Ordinal);

    public Results(string file)
    {
        _file = file;
        foreach (var line in File.Exists(file) ? File.ReadAllLines(file) : [])
        {
            var parts = line.Split('\t', 2);
            _results[parts[1]] = parts[0];
        }
    }

    public bool Has(Mutant mutant) => _results.ContainsKey(mutant.Id);

    public string? Of(Mutant mutant) => _results.GetValueOrDefault(mutant.Id);

    public bool IsSurvivor(Mutant mutant) => Of(mutant) is null or "survived" or "unreached";

    public void Add(Mutant mutant, string result)
    {
        _results[mutant.Id] = result;
        File.AppendAllText(_file, $"{result}\t{mutant.Id}\n");
    }
}
