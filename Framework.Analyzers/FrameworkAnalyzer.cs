using Microsoft.CodeAnalysis.Diagnostics;

namespace UpgradeProtocols.Analyzers;

/// <summary>What the analyzers share that need the framework's types: they do nothing in a compilation without them.</summary>
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

    /// <summary>Registers what looks at the compilation.</summary>
    private protected abstract void Start(CompilationStartAnalysisContext context, FrameworkTypes types);
}
