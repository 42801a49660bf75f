using UpgradeProtocols.Runtime;

namespace UpgradeProtocols.Tests.Connections;

/// <summary>Two pushes replace each other only if their method and their key are equal. Equal hash codes aren't enough.</summary>
public class PushKeyEqualityTests
{
    private readonly Clash _method = new(1);
    private readonly Clash _otherMethod = new(1);

    [Fact]
    public void A_key_equals_one_of_the_same_method_and_value()
    {
        AssertEqual(true, new PushKey<string>(_method, "a"), new PushKey<string>(_method, "a"));
        AssertEqual(true, new PushKey<Clash>(_method, new Clash(5)), new PushKey<Clash>(_method, new Clash(5)));
        AssertEqual(true, new PushKey<string?>(_method, null), new PushKey<string?>(_method, null));
    }

    [Fact]
    public void Another_value_another_method_or_another_type_is_not_equal()
    {
        AssertEqual(false, new PushKey<string>(_method, "a"), new PushKey<string>(_method, "b"));
        AssertEqual(false, new PushKey<Clash>(_method, new Clash(5)), new PushKey<Clash>(_method, new Clash(6)));
        AssertEqual(false, new PushKey<string>(_method, "a"), new PushKey<string>(_otherMethod, "a"));
        AssertEqual(false, new PushKey<int>(_method, 1), new PushKey<long>(_method, 1));
        AssertEqual(false, new PushKey<int>(_method, 1), null);
        Assert.False(new PushKey<int>(_method, 1).Equals("1"));
    }

    [Fact]
    public void A_key_of_another_node_has_the_message_and_the_text()
    {
        var key = NeutralPushKey.Of("contract"u8, "name"u8, 1, "a");
        AssertEqual(true, key, NeutralPushKey.Of("contract"u8, "name"u8, 1, "a"));
        AssertEqual(false, key, NeutralPushKey.Of("other"u8, "name"u8, 1, "a"));
        AssertEqual(false, key, NeutralPushKey.Of("contract"u8, "other"u8, 1, "a"));
        AssertEqual(false, key, NeutralPushKey.Of("contract"u8, "name"u8, 2, "a"));
        AssertEqual(false, key, NeutralPushKey.Of("contract"u8, "name"u8, 1, "b"));
        AssertEqual(false, key, new PushKey<string>(_method, "a"));
        AssertEqual(false, key, null);
        Assert.Equal("a", key.Text);
    }

    private static void AssertEqual(bool expected, PushKey one, PushKey? other)
    {
        Assert.Equal(expected, one.Equals(other));
        Assert.Equal(expected, one.Equals((object?)other));
        if (other is not null)
        {
            Assert.Equal(expected, other.Equals(one));
            Assert.True(!expected || one.GetHashCode() == other.GetHashCode());
        }
    }

    private sealed class Clash(int value)
    {
        private int Value { get; } = value;

        public override bool Equals(object? obj) => obj is Clash other && Value == other.Value;

        public override int GetHashCode() => 0;
    }
}
