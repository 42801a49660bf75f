namespace UpgradeProtocols.Analyzers;

/// <summary>The lock file is invalid at a position.</summary>
internal sealed class LockSyntaxException(string problem, int position) : Exception(problem)
{
    public int Position { get; } = position;
}
