using System.Globalization;

namespace UpgradeProtocols.Lab;

/// <summary>Numbers as they stand in tables and at axes.</summary>
internal static class Numbers
{
    /// <summary>At least three figures.</summary>
    public static string Cost(double value) => value.ToString(value >= 100 ? "#,0" : value >= 10 ? "0.0" : "0.00", CultureInfo.InvariantCulture);

    /// <summary>A count, or bytes in the largest unit that they fill.</summary>
    public static string Size(int value, bool isInBytes) => isInBytes switch
    {
        true when value >= 1 << 20 => $"{value >> 20} MiB",
        true when value >= 1 << 10 => $"{value >> 10} KiB",
        true => $"{value} B",
        false => value.ToString("#,0", CultureInfo.InvariantCulture),
    };
}
