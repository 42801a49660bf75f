// Generator cost:   dotnet run -c Release --project benchmarks/Generator            1, 100 and 1,000 handlers
//                   dotnet run -c Release --project benchmarks/Generator -- 300     another number of handlers
//
// Times are CPU time of one thread, so that other programs have little influence. Each is the median of its repetitions.
using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using UpgradeProtocols.GeneratorBenchmarks;
using UpgradeProtocols.Generators;

int[] sizes = args.Length == 0 ? [1, 100, 1000] : [.. args.Select(text => int.Parse(text, CultureInfo.InvariantCulture))];
Console.WriteLine("""
    | handlers | what | generator | CPU ms | ms a handler |
    | ---: | --- | --- | ---: | ---: |
    """);
foreach (var size in sizes)
{
    var project = Project.Create(size);
    foreach (var (name, create) in ((string, Func<IIncrementalGenerator>)[])
        [
            ("one that does nothing", () => new IdleGenerator()),
            ("one that only binds", () => new BindingGenerator()),
            ("ours", () => new UpgradeProtocolGenerator()),
        ])
    {
        Measure(size, "cold", name, new Run(project, create).Cold);
        Measure(size, "after an unrelated edit", name, new Run(project, create).AfterUnrelatedEdit);
    }

    Measure(size, "after an edit of one handler", "ours", new Run(project, () => new UpgradeProtocolGenerator()).AfterEditOfOne);
}

static void Measure(int size, string what, string generator, Func<double> once)
{
    // The first runs include just-in-time compilation.
    var repetitions = Math.Clamp(3000 / size, 7, 200);
    for (var i = 0; i < repetitions / 2; i++)
    {
        once();
    }

    var times = Enumerable.Range(0, repetitions).Select(_ => once()).Order().ToArray();
    var median = times[repetitions / 2];
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {size:N0} | {what} | {generator} | {median:N2} | {median / size:N3} |"));
}

/// <summary>A driver that is reused from edit to edit, as in an IDE.</summary>
internal sealed class Run(CSharpCompilation project, Func<IIncrementalGenerator> create)
{
    private static int s_edit;
    private GeneratorDriver? _driver;

    public double Cold() => Time(Project.CreateDriver(create()), Fresh(project), out _);

    public double AfterUnrelatedEdit() => AfterEdit(Project.EditUnrelated);

    public double AfterEditOfOne() => AfterEdit(Project.EditHandler);

    private double AfterEdit(Func<CSharpCompilation, int, CSharpCompilation> edit)
    {
        if (_driver is null)
        {
            Time(Project.CreateDriver(create()), project, out _driver);
        }

        return Time(_driver, edit(project, ++s_edit), out _driver);
    }

    // After an edit, the new compilation has its references bound, but not its source.
    private static CSharpCompilation Fresh(CSharpCompilation project) => Project.EditUnrelated(project, ++s_edit);

    private static double Time(GeneratorDriver driver, CSharpCompilation compilation, out GeneratorDriver after)
    {
        GC.Collect();
        var start = Environment.CpuUsage.TotalTime;
        after = driver.RunGenerators(compilation);
        return (Environment.CpuUsage.TotalTime - start).TotalMilliseconds;
    }
}
