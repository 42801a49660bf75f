namespace UpgradeProtocols.Tests.Backplane;

/// <summary>The limits of the options, at the exact value and beside it.</summary>
public class BackplaneOptionsTests
{
    public static TheoryData<string, Action<BackplaneOptions>, bool> Cases => new()
    {
        { nameof(BackplaneOptions.NodeTimeout), static options => options.NodeTimeout = 2 * options.HeartbeatInterval, true },
        { nameof(BackplaneOptions.NodeTimeout), static options => options.NodeTimeout = (2 * options.HeartbeatInterval) - TimeSpan.FromTicks(2), false },
        { nameof(BackplaneOptions.MaxUnacknowledgedBytes), static options => options.MaxUnacknowledgedBytes = 1, true },
        { nameof(BackplaneOptions.MaxUnacknowledgedBytes), static options => options.MaxUnacknowledgedBytes = 0, false },
        { nameof(BackplaneOptions.MaxBacklogBytes), static options => options.MaxBacklogBytes = 1, true },
        { nameof(BackplaneOptions.MaxBacklogBytes), static options => options.MaxBacklogBytes = 0, false },
        { nameof(BackplaneOptions.BufferBytes), static options => options.BufferBytes = 0, true },
        { nameof(BackplaneOptions.BufferBytes), static options => options.BufferBytes = -1, false },
        { nameof(BackplaneOptions.ChannelPrefix), static options => options.ChannelPrefix = "", true },
        { nameof(BackplaneOptions.ChannelPrefix), static options => options.ChannelPrefix = null!, false },
        { nameof(BackplaneOptions.ChannelPrefix), static options => options.ChannelPrefix = "\ud83d", false },
        { nameof(BackplaneOptions.JoinTimeout), static options => options.JoinTimeout = TimeSpan.Zero, false },
        { nameof(BackplaneOptions.PublishTimeout), static options => options.PublishTimeout = TimeSpan.Zero, false },
        { nameof(BackplaneOptions.BufferTime), static options => options.BufferTime = TimeSpan.Zero, false },
        { nameof(BackplaneOptions.HeartbeatInterval), static options => options.HeartbeatInterval = TimeSpan.Zero, false },
        { nameof(BackplaneOptions.PresenceTimeout), static options => options.PresenceTimeout = TimeSpan.Zero, false },
        { nameof(BackplaneOptions.NodeTimeout), static options => options.NodeTimeout = TimeSpan.Zero, false },
    };

    [Theory, MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void An_option_is_checked_at_its_limit(string name, Action<BackplaneOptions> set, bool isValid)
    {
        var options = new BackplaneOptions();
        set(options);
        var result = new BackplaneOptionsValidator().Validate(null, options);
        Assert.Equal(isValid, result.Succeeded);
        Assert.True(isValid || (result.Failures ?? []).Any(failure => failure.Contains(name, StringComparison.Ordinal)));
    }

    [Fact]
    public void The_defaults_are_valid() => Assert.True(new BackplaneOptionsValidator().Validate(null, new BackplaneOptions()).Succeeded);
}
