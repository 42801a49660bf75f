namespace UpgradeProtocols.Tests;

/// <summary>How long a test waits for what must come.</summary>
internal static class Patience
{
    /// <summary>Only for tests that fail: nothing that succeeds waits so long, on whatever machine.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
}
