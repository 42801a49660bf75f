using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Testing;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Testing;

namespace UpgradeProtocols.Tests.Analyzers;

/// <summary>Runs an analyzer over sources with markup.</summary>
internal static class AnalyzerVerifier<TAnalyzer>
    where TAnalyzer : DiagnosticAnalyzer, new()
{
    /// <summary>A diagnostic at a marked place, with its whole message.</summary>
    public static DiagnosticResult At(int place, string id, string message) =>
        Diagnostic(id).WithLocation(place).WithMessage(message);

    /// <summary>A diagnostic of a rule of the analyzer; other places that it names are not compared.</summary>
    public static DiagnosticResult Diagnostic(string id) =>
        new DiagnosticResult(new TAnalyzer().SupportedDiagnostics.Single(rule => rule.Id == id)).WithOptions(DiagnosticOptions.IgnoreAdditionalLocations);

    /// <summary>The marked diagnostics and no others come from the source, which compiles.</summary>
    public static Task VerifyAsync(string source, params DiagnosticResult[] expected) =>
        RunAsync(new Test { TestCode = source }, expected);

    /// <summary>The same for an incomplete source. Compiler errors are ignored.</summary>
    public static Task VerifyIncompleteAsync(string source, params DiagnosticResult[] expected) =>
        RunAsync(new Test { TestCode = source, CompilerDiagnostics = CompilerDiagnostics.None }, expected);

    /// <summary>The same for an executable, with libraries if it has them.</summary>
    public static Task VerifyProgramAsync(string source, MetadataReference[] libraries, params DiagnosticResult[] expected)
    {
        var test = new Test { TestCode = source };
        test.TestState.OutputKind = OutputKind.ConsoleApplication;
        test.TestState.AdditionalReferences.AddRange(libraries);
        return RunAsync(test, expected);
    }

    /// <summary>The same with properties that the project sets.</summary>
    public static Task VerifyWithPropertiesAsync(string source, string properties, params DiagnosticResult[] expected)
    {
        var test = new Test { TestCode = source };
        test.TestState.AnalyzerConfigFiles.Add(("/.globalconfig", $"is_global = true\n{properties}\n"));
        return RunAsync(test, expected);
    }

    /// <summary>The same for several files.</summary>
    public static Task VerifyFilesAsync(string[] sources, params DiagnosticResult[] expected)
    {
        var test = new Test();
        foreach (var source in sources)
        {
            test.TestState.Sources.Add(source);
        }

        return RunAsync(test, expected);
    }

    /// <summary>The same for a library that references others.</summary>
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
