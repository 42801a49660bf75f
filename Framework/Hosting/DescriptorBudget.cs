using System.Globalization;

namespace UpgradeProtocols;

/// <summary>
/// The number of connections that the process's limit of open files (RLIMIT_NOFILE) allows. A process without free descriptors can't even
/// log: the runtime needs some at any time and aborts without them.
/// </summary>
/// <param name="Limit">The number of files that the process may have open.</param>
/// <param name="InUse">The number of files that are open now.</param>
internal sealed record DescriptorBudget(int Limit, int InUse)
{
    /// <summary>
    /// Descriptors for files that the process opens after its start, at least some 50, and for the application's outgoing connections.
    /// </summary>
    public int Reserve => Math.Clamp(Limit / 8, 96, 2048);

    /// <summary>The maximum number of connections of any kind.</summary>
    public int Connections => Math.Max(Limit - InUse - Reserve, 2);

    /// <summary>The maximum number of connections that linger or receive the "too many connections" response.</summary>
    public int Lingering => Math.Clamp(Connections / 5, 1, LingeringConnections.DefaultMax);

    /// <summary>The maximum number of served connections.</summary>
    public int Served => Connections - Lingering;

    /// <summary>The current limit; null if the system doesn't report one.</summary>
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
            // The limit isn't available on this system or for this process.
            return null;
        }
    }

    /// <param name="lines">The lines of /proc/self/limits: a name, the soft limit, the hard limit and the unit, in columns.</param>
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
