using System.Globalization;

namespace UpgradeProtocols;

/// <summary>
/// What the process's limit of open files (RLIMIT_NOFILE) leaves for connections. A process that has none left can't even log: the
/// runtime needs some at any time, and aborts without.
/// </summary>
/// <param name="Limit">How many files the process may have open.</param>
/// <param name="InUse">How many it has.</param>
internal sealed record DescriptorBudget(int Limit, int InUse)
{
    /// <summary>For what the process opens after its start, some 50 files at least, and what the application connects to.</summary>
    public int Reserve => Math.Clamp(Limit / 8, 96, 2048);

    /// <summary>How many connections of any kind there may be.</summary>
    public int Connections => Math.Max(Limit - InUse - Reserve, 2);

    /// <summary>How many of them may linger, or be told that they are too many.</summary>
    public int Lingering => Math.Clamp(Connections / 5, 1, LingeringConnections.DefaultMax);

    /// <summary>How many may be served.</summary>
    public int Served => Connections - Lingering;

    /// <summary>The limit as it is now; null where the system tells none.</summary>
    public static DescriptorBudget? Read()
    {
        try
        {
            return TryParse(File.ReadAllLines("/proc/self/limits"), out var limit)
                ? new DescriptorBudget(limit, Directory.GetFileSystemEntries("/proc/self/fd").Length)
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not on this system, or not for this process.
            return null;
        }
    }

    /// <param name="lines">Of /proc/self/limits: a name, the soft limit, the hard one and the unit, in columns.</param>
    /// <param name="limit">The soft limit.</param>
    public static bool TryParse(IEnumerable<string> lines, out int limit)
    {
        const string Name = "Max open files";
        limit = 0;
        return lines.FirstOrDefault(static line => line.StartsWith(Name, StringComparison.Ordinal)) is { } line
            && line[Name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var soft, ..]
            && int.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out limit);
    }
}
