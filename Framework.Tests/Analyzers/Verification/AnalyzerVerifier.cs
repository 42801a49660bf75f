using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Testing;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Testing;

namespace UpgradeProtocols.Tests.Analyzers;

/// <summary>Runs an analyzer on sources with markup.</summary>
internal static class AnalyzerVerifier<TAnalyzer>
    where TAnalyzer : DiagnosticAnalyzer, new()
{
    /// <summary>Returns a diagnostic at a marked place, with its whole message.</summary>
    public static DiagnosticResult At(int place, string id, string message) =>
        Diagnostic(id).WithLocation(place).WithMessage(message);

    /// <summary>Returns a diagnostic of a rule of the analyzer; its additional locations are not compared.</summary>
    public static DiagnosticResult Diagnostic(string id) =>
        new DiagnosticResult(new TAnalyzer().SupportedDiagnostics.Single(rule => rule.Id == id)).WithOptions(DiagnosticOptions.IgnoreAdditionalLocations);

    /// <summary>Verifies that a source compiles and has exactly the marked diagnostics.</summary>
    public static Task VerifyAsync(string source, params DiagnosticResult[] expected) =>
        RunAsync(new Test { TestCode = source }, expected);

    /// <summary>Verifies an unfinished source; diagnostics of the compiler are ignored.</summary>
    public static Task VerifyIncompleteAsync(string source, params DiagnosticResult[] expected) =>
        RunAsync(new Test { TestCode = source, CompilerDiagnostics = CompilerDiagnostics.None }, expected);

    /// <summary>Verifies an executable, which may reference libraries.</summary>
    public static Task VerifyProgramAsync(string source, MetadataReference[] libraries, params DiagnosticResult[] expected)
    {
        var test = new Test { TestCode = source };
        test.TestState.OutputKind = OutputKind.ConsoleApplication;
        test.TestState.AdditionalReferences.AddRange(libraries);
        return RunAsync(test, expected);
    }

    /// <summary>Verifies a source with properties of the project.</summary>
    public static Task VerifyWithPropertiesAsync(string source, string properties, params DiagnosticResult[] expected)
    {
        var test = new Test { TestCode = source };
        test.TestState.AnalyzerConfigFiles.Add(("/.globalconfig", $"is_global = true\n{properties}\n"));
        return RunAsync(test, expected);
    }

    /// <summary>Verifies several files.</summary>
    public static Task VerifyFilesAsync(string[] sources, params DiagnosticResult[] expected)
    {
        var test = new Test();
        foreach (var source in sources)
        {
            test.TestState.Sources.Add(source);
        }

        return RunAsync(test, expected);
    }

    /// <summary>Verifies a source that references a library.</summary>
    public static Task VerifyWithAsync(MetadataReference library, string source, params DiagnosticResult[] expected)
    {
        var test = new Test { TestCode = source };
        test.TestState.AdditionalReferences.Add(library);
        return RunAsync(test, expected);
    }

    private static Task RunAsync(Test test, DiagnosticResult[] expected)
    {
        test.ExpectedDiagnostics.AddRange(expected);
        return test.RunAsync(TestContext.Current.CancellationToken);
    }

    private sealed class Test : CSharpAnalyzerTest<TAnalyzer, DefaultVerifier>
    {
        public Test() => TestSetup.Apply(this, TestState);

        protected override ParseOptions CreateParseOptions() => TestReferences.ParseOptions;

        protected override CompilationOptions CreateCompilationOptions() =>
            ((CSharpCompilationOptions)base.CreateCompilationOptions()).WithNullableContextOptions(NullableContextOptions.Enable).WithAllowUnsafe(true);
    }
}
