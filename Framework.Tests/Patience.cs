namespace UpgradeProtocols.Tests;

/// <summary>How long a test waits for what must come.</summary>
internal static class Patience
{
    /// <summary>Only failing tests wait so long. A passing test never does, on any machine.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
}
