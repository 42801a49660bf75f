using System.Globalization;

namespace UpgradeProtocols.Lab;

/// <summary>The number formats of tables and axes.</summary>
internal static class Numbers
{
    /// <summary>Formats a cost with at least three digits.</summary>
    public static string Cost(double value) => value.ToString(value >= 100 ? "#,0" : value >= 10 ? "0.0" : "0.00", CultureInfo.InvariantCulture);

    /// <summary>Formats a count, or a number of bytes in the largest unit that is at most as large.</summary>
    public static string Size(int value, bool isInBytes) => isInBytes switch
    {
        true when value >= 1 << 20 => $"{value >> 20} MiB",
        true when value >= 1 << 10 => $"{value >> 10} KiB",
        true => $"{value} B",
        false => value.ToString("#,0", CultureInfo.InvariantCulture),
    };
}
