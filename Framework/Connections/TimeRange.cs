using System.Globalization;

namespace UpgradeProtocols;

/// <summary>The valid range of a time option. An unreasonable value is mostly a number of seconds that was parsed as days.</summary>
internal static class TimeRange
{
    // Each of the options is about seconds or minutes. A number without colons is at least a day.
    private static readonly TimeSpan s_limit = TimeSpan.FromDays(1);

    /// <summary>Describes the problem of an option's value; null where there is none.</summary>
    public static string? Problem(string option, TimeSpan value, bool mayBeInfinite = false)
    {
        if (mayBeInfinite && value == Timeout.InfiniteTimeSpan)
        {
            return null;
        }

        if (value <= TimeSpan.Zero)
        {
            return $"{option} is {value}: it must be longer than zero{(mayBeInfinite ? ", or Timeout.InfiniteTimeSpan (-00:00:00.001)" : "")}.";
        }

        return value < s_limit
            ? null
            : $"{option} is {value}: it must be shorter than a day.{Hint(value)}{(mayBeInfinite ? " For any time write Timeout.InfiniteTimeSpan (-00:00:00.001)." : "")}";
    }

    private static string Hint(TimeSpan value)
    {
        var isWholeDays = value.Ticks % TimeSpan.TicksPerDay == 0 && value < TimeSpan.FromDays(100_000);
        var meant = isWholeDays ? TimeSpan.FromSeconds(value.Days) : TimeSpan.FromSeconds(10);
        var text = meant.ToString("c", CultureInfo.InvariantCulture);
        return isWholeDays
            ? $" A time is written hh:mm:ss in a configuration, and a number alone counts days: {value.Days} seconds are {text}."
            : $" A time is written hh:mm:ss in a configuration: ten seconds are {text}.";
    }
}
