using System.Globalization;

namespace UpgradeProtocols.Transport.Epoll;

/// <summary>Names connections: unique within the process, and unlikely to be another process's.</summary>
internal static class ConnectionIds
{
    private static long s_last = DateTime.UtcNow.Ticks;

    public static string Next() => Interlocked.Increment(ref s_last).ToString("X", CultureInfo.InvariantCulture);
}
