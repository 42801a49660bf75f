using System.Globalization;

namespace UpgradeProtocols;

/// <summary>The value of Date (RFC 9110 §6.6.1, IMF-fixdate of §5.6.7), created once a second. Thread-safe.</summary>
internal sealed class DateField(TimeProvider time)
{
    private const int Length = 29;

    // The snapshot is replaced as a whole, so that a reader never sees one second's number with another's text.
    private Snapshot _current = new(long.MinValue, []);

    public ReadOnlySpan<byte> Value
    {
        get
        {
            var now = time.GetUtcNow();
            var second = now.UtcTicks / TimeSpan.TicksPerSecond;
            var current = Volatile.Read(ref _current);
            if (current.Second != second)
            {
                current = new Snapshot(second, Format(now));
                Volatile.Write(ref _current, current);
            }

            return current.Text;
        }
    }

    private static byte[] Format(DateTimeOffset now)
    {
        var text = new byte[Length];
        now.TryFormat(text, out _, "R", CultureInfo.InvariantCulture);
        return text;
    }

    private sealed record Snapshot(long Second, byte[] Text);
}
