using Microsoft.CodeAnalysis.Diagnostics;

namespace UpgradeProtocols.Analyzers;

/// <summary>The base class of analyzers that need the framework's types. They do nothing in a compilation without these types.</summary>
public abstract class FrameworkAnalyzer : DiagnosticAnalyzer
{
    private protected FrameworkAnalyzer()
    {
    }

    /// <inheritdoc/>
    public sealed override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.RegisterCompilationStartAction(start =>
        {
            if (FrameworkTypes.In(start.Compilation) is { } types)
            {
                Start(start, types);
            }
        });
    }

    /// <summary>Registers the actions of the analyzer for a compilation.</summary>
    private protected abstract void Start(CompilationStartAnalysisContext context, FrameworkTypes types);
}
