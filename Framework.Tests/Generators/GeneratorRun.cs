using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace UpgradeProtocols.Tests.Generators;

/// <summary>The result of a run of the generator.</summary>
internal sealed record GeneratorRun(GeneratorDriver Driver, CSharpCompilation Input, Compilation Output)
{
    /// <summary>The files that this generator writes, by hint name.</summary>
    public IReadOnlyDictionary<string, string> Files { get; } = Driver.GetRunResult().Results[0].GeneratedSources
        .Where(source => !IsAside(source.HintName))
        .ToDictionary(source => source.HintName, source => source.SourceText.ToString());

    /// <summary>The description of the assembly's protocols, which DescriptionTests check.</summary>
    public string? Description { get; } = Driver.GetRunResult().Results[0].GeneratedSources
        .Where(source => source.HintName == DescriptionHint)
        .Select(source => source.SourceText.ToString())
        .SingleOrDefault();

    /// <summary>The text of all <see cref="Files"/>.</summary>
    public string Text => string.Join("\n", Files.OrderBy(file => file.Key, StringComparer.Ordinal).Select(file => file.Value));

    public GeneratorRunResult Result => Driver.GetRunResult().Results[0];

    private const string DescriptionHint = "UpgradeProtocols.Description.g.cs";

    // The compiler's own file, and the description, which has its own tests.
    private static bool IsAside(string hint) => hint.StartsWith("Microsoft.CodeAnalysis.", StringComparison.Ordinal) || hint == DescriptionHint;

    /// <summary>Returns errors and warnings; only those of the sources when <paramref name="compilation"/> is the input.</summary>
    public static string[] Problems(Compilation compilation) =>
        [.. compilation.GetDiagnostics().Where(problem => problem.Severity >= DiagnosticSeverity.Warning && !problem.IsSuppressed).Select(problem => problem.ToString()).Distinct().Order()];

    public GeneratorRun AssertClean()
    {
        Assert.Null(Result.Exception);
        Assert.Empty(Result.Diagnostics);
        AssertNone(Problems(Output));
        return AssertCached();
    }

    /// <summary>Asserts that generated code adds no problem to those of the sources.</summary>
    public GeneratorRun AssertAddsNothing()
    {
        Assert.Null(Result.Exception);
        Assert.Empty(Result.Diagnostics);
        AssertNone([.. Problems(Output).Except(Problems(Input))]);
        return AssertCached();
    }

    /// <summary>Asserts that generated code and declarations have no problem. Faster than comparing two compilations.</summary>
    public GeneratorRun AssertOwnCodeIsClean()
    {
        Assert.Null(Result.Exception);
        Assert.Empty(Result.Diagnostics);
        var own = Output.SyntaxTrees.Except(Input.SyntaxTrees).ToList();
        AssertNone(
        [
            .. own.SelectMany(tree => Output.GetSemanticModel(tree).GetDiagnostics())
                .Concat(Output.GetDeclarationDiagnostics().Where(problem => problem.Severity == DiagnosticSeverity.Error && problem.DefaultSeverity == DiagnosticSeverity.Error))
                .Where(problem => problem.Severity >= DiagnosticSeverity.Warning && !problem.IsSuppressed)
                .Select(problem => problem.ToString())
                .Distinct(),
        ]);
        return this;
    }

    private static void AssertNone(string[] problems) => Assert.True(problems.Length == 0, string.Join("\n", problems));

    public GeneratorRun AssertCached()
    {
        var again = Driver.RunGenerators(Input.Clone()).GetRunResult().Results[0];
        Assert.All(
            again.TrackedOutputSteps.SelectMany(step => step.Value).SelectMany(step => step.Outputs),
            output => Assert.True(output.Reason is IncrementalStepRunReason.Cached or IncrementalStepRunReason.Unchanged, output.Reason.ToString()));
        return this;
    }

    /// <summary>Runs the generator again after an edit.</summary>
    public GeneratorRun Edit(string from, string to)
    {
        var tree = Input.SyntaxTrees.First(tree => tree.ToString().Contains(from, StringComparison.Ordinal));
        var edited = tree.WithChangedText(Microsoft.CodeAnalysis.Text.SourceText.From(tree.ToString().Replace(from, to)));
        var input = Input.ReplaceSyntaxTree(tree, edited);
        var driver = Driver.RunGeneratorsAndUpdateCompilation(input, out var output, out _);
        return new GeneratorRun(driver, input, output);
    }

    /// <summary>Returns the reasons for the outputs of a tracked step.</summary>
    public IncrementalStepRunReason[] Reasons(string step) =>
        [.. Result.TrackedSteps.GetValueOrDefault(step, []).SelectMany(run => run.Outputs).Select(output => output.Reason)];

    /// <summary>Returns the reason for the output of each file, by hint name.</summary>
    public Dictionary<string, IncrementalStepRunReason> OutputReasons() =>
        Result.TrackedOutputSteps.SelectMany(step => step.Value)
            .SelectMany(step => step.Outputs)
            .SelectMany(output => HintsOf(output.Value).Select(hint => (hint, output.Reason)))
            .Where(output => !IsAside(output.hint))
            .ToDictionary(output => output.hint, output => output.Reason);

    // The compiler stores the result of an output step in an internal type.
    private static IEnumerable<string> HintsOf(object value)
    {
        var sources = value.GetType().GetField("Item1")?.GetValue(value);
        return sources is System.Collections.IEnumerable list
            ? list.Cast<object>().Select(source => source.GetType().GetProperty("HintName")?.GetValue(source) as string).OfType<string>()
            : [];
    }
}
