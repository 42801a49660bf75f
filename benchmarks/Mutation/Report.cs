using System.Text;

namespace UpgradeProtocols.Mutation;

/// <summary>The survivors, and the number of found mutants in each folder.</summary>
internal static class Report
{
    public static void Write(List<Mutant> mutants, Results results, string file)
    {
        var text = new StringBuilder("| folder | found | mutants |\n| --- | ---: | ---: |\n");
        foreach (var folder in mutants.GroupBy(static mutant => Path.GetDirectoryName(mutant.File)))
        {
            text.Append($"| {folder.Key} | {folder.Count(mutant => !results.IsSurvivor(mutant))} | {folder.Count()} |\n");
        }

        Console.Write(text);
        text.Append('\n');
        foreach (var mutant in mutants.Where(results.IsSurvivor))
        {
            text.Append($"- {mutant.File}:{mutant.Line} [{mutant.Kind}, {results.Of(mutant) ?? "not tried"}] `{mutant.Old}` -> `{mutant.New}`\n");
        }

        File.WriteAllText(file, text.ToString());
        Console.WriteLine($"The survivors are in {file}.");
    }
}
