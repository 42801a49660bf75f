using Microsoft.CodeAnalysis.Testing;

namespace UpgradeProtocols.Tests.Analyzers;

/// <summary>The setup of every test of an analyzer or code fix.</summary>
internal static class TestSetup
{
    public static void Apply(AnalyzerTest<DefaultVerifier> test, SolutionState state)
    {
        test.ReferenceAssemblies = TestReferences.None;
        state.AdditionalReferences.AddRange(TestReferences.All);
        state.Sources.Add(("Usings.cs", TestReferences.Usings));
    }
}
