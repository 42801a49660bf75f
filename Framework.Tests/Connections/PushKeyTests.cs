using System.Globalization;
using System.Net;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols.Tests.Connections;

/// <summary>The text of a key, by which other nodes know it: two values that differ have two, or none.</summary>
public class PushKeyTests
{
    public static TheoryData<string?, string?> Pairs => new()
    {
        { Text(("a, b", "c")), Text(("a", "b, c")) },
        { Text<(string?, string)>((null, "a")), Text<(string?, string)>(("", "a")) },
        { Text<(string?, string)>((null, "-")), Text<(string?, string)>(("-", null!)) },
        { Text(("1:a", "b")), Text(("1", "a1:b")) },
        { Text((1, ("2", 3))), Text((1, ("2", 4))) },
        { Text<(object, int)>((1, 1)), Text<(object, int)>(("1", 1)) },
        { Text<object>(1), Text<object>("1") },
        { Text(Tuple.Create("a, b", "c")), Text(Tuple.Create("a", "b, c")) },
        { Text(("x", DateTime.UnixEpoch)), Text(("x", DateTime.UnixEpoch.AddTicks(1))) },
        { Text<string?>(null), Text<string?>("\0") },
        { Text<string?>(null), Text<string?>("") },
        { Text<int?>(null), Text<int?>(0) },
        { Text(1.1), Text(1.1000000000000001 + double.Epsilon + 1e-15) },
        { Text(DateTimeOffset.UnixEpoch), Text(DateTimeOffset.UnixEpoch.AddTicks(1)) },
    };

    [Theory]
    [MemberData(nameof(Pairs), DisableDiscoveryEnumeration = true)]
    public void Values_that_differ_have_two_texts(string? one, string? other)
    {
        Assert.NotNull(one);
        Assert.NotNull(other);
        Assert.NotEqual(one, other);
    }

    [Fact]
    public void Equal_values_have_one_text_in_every_culture()
    {
        var before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
            var one = Text(("a", 1.5, DateTime.UnixEpoch, IPAddress.Loopback));
            var other = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            other.NumberFormat.NumberDecimalSeparator = ",";
            CultureInfo.CurrentCulture = other;
            Assert.Equal(one, Text(("a", 1.5, DateTime.UnixEpoch, IPAddress.Loopback)));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }

        Assert.Equal("7", Text<int?>(7));
        Assert.Equal("ann", Text("ann"));
    }

    // The compiler's text of a record shortens dates and puts strings side by side.
    [Fact]
    public void A_value_that_no_text_tells_from_others_has_none()
    {
        Assert.Null(Text(new Place("a, Second = b", "c")));
        Assert.Null(Text(new Point<DateTime>(DateTime.UnixEpoch)));
        Assert.Null(Text((1, new Place("a", "b"))));
        Assert.Null(Text(KeyValuePair.Create("a, b", "c")));
        Assert.Null(Text(new Plain()));
        Assert.Null(Text(("\ud800", 1)));
        Assert.Equal("named", Text(new Named()));
    }

    private static string? Text<TKey>(TKey value) => new PushKey<TKey>("method", value).Text;

    private sealed record Place(string First, string Second);

    private readonly record struct Point<T>(T At);

    private struct Plain;

    private struct Named
    {
        public override readonly string ToString() => "named";
    }
}
