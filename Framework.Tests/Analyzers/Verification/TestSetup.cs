using Microsoft.CodeAnalysis.Testing;

namespace UpgradeProtocols.Tests.Analyzers;

/// <summary>The common setup of the tests of analyzers and code fixes.</summary>
internal static class TestSetup
{
    public static void Apply(AnalyzerTest<DefaultVerifier> test, SolutionState state)
    {
        test.ReferenceAssemblies = TestReferences.None;
        state.AdditionalReferences.AddRange(TestReferences.All);
        state.Sources.Add(("Usings.cs", TestReferences.Usings));
    }
}
