using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Testing;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Testing;

namespace UpgradeProtocols.Tests.Analyzers;

/// <summary>Applies a code fix to the diagnostics of an analyzer, one at a time and all together.</summary>
internal static class CodeFixVerifier<TAnalyzer, TFix>
    where TAnalyzer : DiagnosticAnalyzer, new()
    where TFix : CodeFixProvider, new()
{
    /// <summary>Verifies that the fix changes the source into the fixed source, in which the remaining diagnostics are marked.</summary>
    /// <param name="source">The source, with the diagnostics marked.</param>
    /// <param name="fixedSource">The source after the fix.</param>
    /// <param name="action">The index of the offered action.</param>
    public static Task VerifyAsync(string source, string fixedSource, int action = 0) =>
        VerifyFilesAsync([source], [fixedSource], action);

    /// <summary>Verifies the fix, and verifies it again in a file with Windows line ends.</summary>
    public static async Task VerifyLineEndsAsync(string source, string fixedSource)
    {
        await VerifyAsync(source, fixedSource);
        await VerifyAsync(source.Replace("\n", "\r\n"), fixedSource.Replace("\n", "\r\n"));
    }

    /// <summary>Verifies the fix in several files.</summary>
    public static Task VerifyFilesAsync(string[] sources, string[] fixedSources, int action = 0)
    {
        var test = new Test { CodeActionIndex = action };
        test.TestState.Sources.AddRange(Named(sources));
        test.FixedState.Sources.AddRange(Named(fixedSources));
        return test.RunAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Verifies given diagnostics; compiler errors can be ignored if the fixed source needs generated code.</summary>
    public static Task VerifyFilesAsync(string[] sources, string[] fixedSources, DiagnosticResult[] expected, bool ignoreCompiler = false)
    {
        var test = new Test { CompilerDiagnostics = ignoreCompiler ? CompilerDiagnostics.None : CompilerDiagnostics.Errors };
        test.TestState.Sources.AddRange(Named(sources));
        test.FixedState.Sources.AddRange(Named(fixedSources));
        test.ExpectedDiagnostics.AddRange(expected);
        return test.RunAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Verifies the fix of a diagnostic that is reported at the end of the compilation.</summary>
    public static Task VerifyAtEndAsync(string source, string fixedSource)
    {
        var test = new Test { CodeFixTestBehaviors = CodeFixTestBehaviors.SkipLocalDiagnosticCheck };
        test.TestState.Sources.AddRange(Named([source]));
        test.FixedState.Sources.AddRange(Named([fixedSource]));
        return test.RunAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Verifies that no fix is offered for the diagnostics marked in the source.</summary>
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
