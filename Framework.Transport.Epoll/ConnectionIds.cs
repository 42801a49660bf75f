using System.Globalization;

namespace UpgradeProtocols.Transport.Epoll;

/// <summary>A generator of connection ids: unique in the process, and unlikely to equal an id of another process.</summary>
internal static class ConnectionIds
{
    private static long s_last = DateTime.UtcNow.Ticks;

    public static string Next() => Interlocked.Increment(ref s_last).ToString("X", CultureInfo.InvariantCulture);
}
