using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Testing;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Testing;

namespace UpgradeProtocols.Tests.Analyzers;

/// <summary>Applies a code fix to what an analyzer reports, one by one and all at once.</summary>
internal static class CodeFixVerifier<TAnalyzer, TFix>
    where TAnalyzer : DiagnosticAnalyzer, new()
    where TFix : CodeFixProvider, new()
{
    /// <summary>The fix turns the source into the fixed one. Remaining diagnostics are marked in it.</summary>
    /// <param name="source">The source, with the diagnostics marked.</param>
    /// <param name="fixedSource">The source after the fix.</param>
    /// <param name="action">Which of the offered actions, by its title's place.</param>
    public static Task VerifyAsync(string source, string fixedSource, int action = 0) =>
        VerifyFilesAsync([source], [fixedSource], action);

    /// <summary>The same, and again in a file whose lines end as on Windows.</summary>
    public static async Task VerifyLineEndsAsync(string source, string fixedSource)
    {
        await VerifyAsync(source, fixedSource);
        await VerifyAsync(source.Replace("\n", "\r\n"), fixedSource.Replace("\n", "\r\n"));
    }

    /// <summary>The same for several files.</summary>
    public static Task VerifyFilesAsync(string[] sources, string[] fixedSources, int action = 0)
    {
        var test = new Test { CodeActionIndex = action };
        test.TestState.Sources.AddRange(Named(sources));
        test.FixedState.Sources.AddRange(Named(fixedSources));
        return test.RunAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>The same, with diagnostics that are said here; where generated code would complete the fixed source, the compiler isn't asked about it.</summary>
    public static Task VerifyFilesAsync(string[] sources, string[] fixedSources, DiagnosticResult[] expected, bool ignoreCompiler = false)
    {
        var test = new Test { CompilerDiagnostics = ignoreCompiler ? CompilerDiagnostics.None : CompilerDiagnostics.Errors };
        test.TestState.Sources.AddRange(Named(sources));
        test.FixedState.Sources.AddRange(Named(fixedSources));
        test.ExpectedDiagnostics.AddRange(expected);
        return test.RunAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>The same for a diagnostic that is known when the whole compilation is.</summary>
    public static Task VerifyAtEndAsync(string source, string fixedSource)
    {
        var test = new Test { CodeFixTestBehaviors = CodeFixTestBehaviors.SkipLocalDiagnosticCheck };
        test.TestState.Sources.AddRange(Named([source]));
        test.FixedState.Sources.AddRange(Named([fixedSource]));
        return test.RunAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Nothing is offered for the diagnostics marked in the source.</summary>
    public static Task VerifyNoFixAsync(string source) => VerifyFilesAsync([source], [source]);

    private static IEnumerable<(string Name, Microsoft.CodeAnalysis.Text.SourceText Text)> Named(string[] sources) =>
        sources.Select((source, i) => ($"/0/Test{i}.cs", Microsoft.CodeAnalysis.Text.SourceText.From(source)));

    private sealed class Test : CSharpCodeFixTest<TAnalyzer, TFix, DefaultVerifier>
    {
        public Test()
        {
            TestSetup.Apply(this, TestState);
            FixedState.MarkupHandling = MarkupMode.Allow;
            FixedState.Sources.Add(("Usings.cs", TestReferences.Usings));
        }

        protected override ParseOptions CreateParseOptions() => TestReferences.ParseOptions;

        protected override CompilationOptions CreateCompilationOptions() =>
            ((CSharpCompilationOptions)base.CreateCompilationOptions()).WithNullableContextOptions(NullableContextOptions.Enable);
    }
}
