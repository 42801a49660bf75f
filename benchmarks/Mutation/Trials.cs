namespace UpgradeProtocols.Mutation;

/// <summary>Runs the tests of one mutant after another.</summary>
internal sealed class Trials(TestRunner runner, Coverage coverage, Results results, bool takesAll)
{
    // The classes that reach few mutants find most of them: others run only if these don't, and all of them only for a survivor.
    private const int First = 4;
    private const int Second = 26;

    public string Try(Mutant mutant)
    {
        var classes = coverage.ClassesOf(mutant);
        var result = classes.Count == 0 ? "unreached" : "survived";
        foreach (var part in (List<string>[])[[.. classes.Take(First)], [.. classes.Skip(First).Take(takesAll ? int.MaxValue : Second)]])
        {
            if (part.Count > 0 && result == "survived")
            {
                result = runner.Run(mutant.Number, part, (coverage.TimeOf(part) * 2) + TimeSpan.FromSeconds(8)) switch
                {
                    0 => "survived",
                    TestRunner.TimedOut => "hangs",
                    TestRunner.Crashed => "crashes",
                    _ => "found",
                };
            }
        }

        results.Add(mutant, result);
        return result;
    }
}
