namespace UpgradeProtocols.Tests;

/// <summary>The time that a test waits for an expected event.</summary>
internal static class Patience
{
    /// <summary>The limit of a failing test. A passing test never waits this long, on any machine.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
}
