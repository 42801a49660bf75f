namespace UpgradeProtocols.Analyzers;

/// <summary>The lock file isn't what it should be, and where.</summary>
internal sealed class LockSyntaxException(string problem, int position) : Exception(problem)
{
    public int Position { get; } = position;
}
