using System.Collections.Immutable;
using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using UpgradeProtocols.Tests.Generators;

namespace UpgradeProtocols.Tests.Analyzers;

/// <summary>
/// A project full of mistakes gets exactly the diagnostics of <c>Mistakes/expected.txt</c>: rule, place and message, one per line.
/// UPDATE_SNAPSHOTS=1 accepts the reported diagnostics.
/// </summary>
public class MistakesTests
{
    private static readonly string s_folder = Path.Combine(
        typeof(MistakesTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(entry => entry.Key == "Tests.Folder").Value!, "Analyzers", "Mistakes");

    [Fact]
    public async Task Every_mistake_is_reported_and_nothing_else()
    {
        var said = await SayAsync();
        var path = Path.Combine(s_folder, "expected.txt");
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1")
        {
            await File.WriteAllLinesAsync(path, said, TestContext.Current.CancellationToken);
        }

        Assert.Equal(await File.ReadAllLinesAsync(path, TestContext.Current.CancellationToken), said);
        Assert.True(said.Length > 30);
    }

    [Fact]
    public void Generated_code_adds_no_error_to_a_project_full_of_mistakes() => GeneratorHost.Run(Compile()).AssertAddsNothing();

    private static async Task<string[]> SayAsync()
    {
        var run = GeneratorHost.Run(Compile());
        var files = Directory.EnumerateFiles(s_folder, "*.json").Select(path => (AdditionalText)new FileText(path)).ToImmutableArray();
        var analyzers = AnalyzerCatalog.Types.Select(type => (DiagnosticAnalyzer)Activator.CreateInstance(type)!).ToImmutableArray();
        var diagnostics = await run.Output.WithAnalyzers(analyzers, new AnalyzerOptions(files)).GetAnalyzerDiagnosticsAsync(TestContext.Current.CancellationToken);
        return [.. diagnostics
            .OrderBy(diagnostic => Path.GetFileName(diagnostic.Location.GetLineSpan().Path), StringComparer.Ordinal)
            .ThenBy(diagnostic => diagnostic.Location.GetLineSpan().StartLinePosition)
            .ThenBy(diagnostic => diagnostic.Id, StringComparer.Ordinal)
            .ThenBy(diagnostic => diagnostic.GetMessage(System.Globalization.CultureInfo.InvariantCulture), StringComparer.Ordinal)
            .Select(Line)];
    }

    private static string Line(Diagnostic diagnostic)
    {
        var place = diagnostic.Location.GetLineSpan();
        var start = place.StartLinePosition;
        return string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"{diagnostic.Id} {Path.GetFileName(place.Path)}({start.Line + 1},{start.Character + 1}) {diagnostic.GetMessage(System.Globalization.CultureInfo.InvariantCulture)}");
    }

    private static CSharpCompilation Compile()
    {
        var compilation = GeneratorHost.Compile(
            [],
            "Mistakes",
            GeneratorHost.Strict.WithOutputKind(OutputKind.ConsoleApplication).WithGeneralDiagnosticOption(ReportDiagnostic.Default));
        var usings = CSharpSyntaxTree.ParseText("global using System.Linq; global using System.Text.Json;", GeneratorHost.Parse, path: "MoreUsings.cs");
        var trees = Directory.EnumerateFiles(s_folder, "*.cs").Order(StringComparer.Ordinal).Select(path => CSharpSyntaxTree.ParseText(File.ReadAllText(path), GeneratorHost.Parse, path));
        return compilation.AddSyntaxTrees([usings, .. trees]);
    }

    private sealed class FileText(string path) : AdditionalText
    {
        public override string Path => path;

        public override Microsoft.CodeAnalysis.Text.SourceText GetText(CancellationToken cancellationToken = default) =>
            Microsoft.CodeAnalysis.Text.SourceText.From(File.ReadAllText(path));
    }
}
