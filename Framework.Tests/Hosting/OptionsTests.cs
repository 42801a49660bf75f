using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Connections;

namespace UpgradeProtocols.Tests.Hosting;

public class OptionsTests
{
    public static TheoryData<string, string> BadValues => new()
    {
        { nameof(UpgradeOptions.HandshakeTimeout), "00:00:00" },
        { nameof(UpgradeOptions.HandshakeTimeout), "60.00:00:00" },
        { nameof(UpgradeOptions.HandshakeTimeout), "10.00:00:00" },
        { nameof(UpgradeOptions.HandshakeTimeout), "1.00:00:00" },
        { nameof(UpgradeOptions.HttpKeepAliveTimeout), "60.00:00:00" },
        { nameof(UpgradeOptions.RequestBodyTimeout), "30.00:00:00" },
        { nameof(UpgradeOptions.CloseTimeout), "5.00:00:00" },
        { nameof(UpgradeOptions.KeepAliveInterval), "20.00:00:00" },
        { nameof(UpgradeOptions.KeepAliveTimeout), "20.00:00:00" },
        { nameof(UpgradeOptions.WriteTimeout), "30.00:00:00" },
        { nameof(UpgradeOptions.AnswerTimeout), "30.00:00:00" },
        { nameof(UpgradeOptions.SlowHandlerWarning), "30.00:00:00" },
        { nameof(UpgradeOptions.DrainTimeout), "10.00:00:00" },
        { nameof(UpgradeOptions.HttpKeepAliveTimeout), "-00:00:01" },
        { nameof(UpgradeOptions.RequestBodyTimeout), "00:00:00" },
        { nameof(UpgradeOptions.RequestTimeout), "00:00:00" },
        { nameof(UpgradeOptions.RequestTimeout), "10675199.02:48:05" },
        { nameof(UpgradeOptions.CloseTimeout), "00:00:00" },
        { nameof(UpgradeOptions.KeepAliveInterval), "00:00:00" },
        { nameof(UpgradeOptions.KeepAliveTimeout), "00:00:00" },
        { nameof(UpgradeOptions.DrainTimeout), "10675199.02:48:05" },
        { nameof(UpgradeOptions.MaxRequestLineSize), "63" },
        { nameof(UpgradeOptions.MaxRequestHeadersTotalSize), "100" },
        { nameof(UpgradeOptions.MaxRequestHeaderCount), "0" },
        { nameof(UpgradeOptions.MaxRequestBodySize), "-1" },
        { nameof(UpgradeOptions.MaxMessageSize), "0" },
        { nameof(UpgradeOptions.MaxWaitingBytes), "0" },
        { nameof(UpgradeOptions.MaxWaitingBytesBeforeReply), "0" },
        { nameof(UpgradeOptions.MaxOutboundBytes), "0" },
        { nameof(UpgradeOptions.MaxConcurrentMessages), "0" },
        { nameof(UpgradeOptions.MaxConcurrentStreams), "0" },
    };

    [Theory, MemberData(nameof(BadValues))]
    public void A_value_that_cannot_work_is_told_by_name(string option, string value)
    {
        var failure = Fails(options =>
        {
            var property = typeof(UpgradeOptions).GetProperty(option)!;
            property.SetValue(options, property.PropertyType == typeof(int)
                ? int.Parse(value, System.Globalization.CultureInfo.InvariantCulture)
                : TimeSpan.Parse(value, System.Globalization.CultureInfo.InvariantCulture));
        });

        Assert.StartsWith($"{option} is {value}", failure, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("app.example")]
    [InlineData("https://app.example/page")]
    [InlineData("https://")]
    [InlineData("https://*.*.example")]
    [InlineData("https://app.*")]
    [InlineData("https://*")]
    [InlineData("*://app.example")]
    [InlineData("wss://app.example")]
    [InlineData(" https://app.example")]
    [InlineData("https://app.example:99999")]
    [InlineData("https://::1")]
    [InlineData("https://[::1%25eth0]")]
    [InlineData("https://*.127.0.0.1")]
    [InlineData("https://127.1")]
    [InlineData("https://b%C3%BCcher.example")]
    [InlineData("https://ü..example")]
    [InlineData("")]
    public void An_origin_that_is_none_is_told(string origin) =>
        Assert.StartsWith($"AllowedOrigins: '{origin}'", Fails(options => options.AllowedOrigins.Add(origin)), StringComparison.Ordinal);

    [Theory]
    [InlineData("https://app.example")]
    [InlineData("app.example:80")]
    [InlineData("a b")]
    [InlineData("*.")]
    [InlineData("app.*")]
    [InlineData("*.*.example")]
    [InlineData("::1")]
    [InlineData("*.[::1]")]
    [InlineData("%61pp.example")]
    [InlineData("ü..example")]
    [InlineData("")]
    public void A_host_that_is_none_is_told(string host) =>
        Assert.StartsWith($"AllowedHosts: '{host}'", Fails(options => options.AllowedHosts.Add(host)), StringComparison.Ordinal);

    [Fact]
    public void Valid_options_are_accepted()
    {
        using var provider = Services(options =>
        {
            options.KeepAliveInterval = Timeout.InfiniteTimeSpan;
            options.AllowedHosts.Add("app.example");
            options.AllowedHosts.Add("*.app.example");
            options.AllowedHosts.Add("[::1]");
            options.AllowedHosts.Add("*");
            options.AllowedOrigins.Add("https://*.app.example:8443");
            options.MaxRequestBodySize = 0;
        });

        Assert.NotNull(provider.GetRequiredService<UpgradeEngine>());
    }

    [Fact]
    public void A_number_of_seconds_that_was_read_as_days_is_told_with_the_format()
    {
        Assert.Equal(
            "HandshakeTimeout is 10.00:00:00: it must be shorter than a day. A time is written hh:mm:ss in a configuration, and a number alone counts days: 10 seconds are 00:00:10.",
            Fails(options => options.HandshakeTimeout = TimeSpan.Parse("10", System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Fact]
    public void A_level_of_compression_that_is_none_is_told() =>
        Assert.StartsWith("Compression.Level is 9", Fails(options => options.Compression.Level = (System.IO.Compression.CompressionLevel)9), StringComparison.Ordinal);

    [Theory]
    [InlineData(nameof(BackplaneOptions.JoinTimeout))]
    [InlineData(nameof(BackplaneOptions.PublishTimeout))]
    [InlineData(nameof(BackplaneOptions.BufferTime))]
    [InlineData(nameof(BackplaneOptions.HeartbeatInterval))]
    [InlineData(nameof(BackplaneOptions.NodeTimeout))]
    [InlineData(nameof(BackplaneOptions.PresenceTimeout))]
    public void A_time_of_the_backplane_that_no_timer_takes_is_told(string option)
    {
        foreach (var time in (TimeSpan[])[TimeSpan.FromDays(100), TimeSpan.MaxValue, TimeSpan.FromDays(1), TimeSpan.Zero])
        {
            var options = new BackplaneOptions();
            typeof(BackplaneOptions).GetProperty(option)!.SetValue(options, time);

            Assert.Contains(new BackplaneOptionsValidator().Validate(null, options).Failures ?? [], failure => failure.Contains($"{option} is {time}", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(0, -1)]
    public void A_protocols_negative_limit_is_told_when_the_server_starts(int connections, int messageSize)
    {
        var good = TestProtocol.Raw(new TestLife(), TestProtocol.Echo);
        var error = Assert.Throws<InvalidOperationException>(() => new TestServer(builder => builder.AddProtocol(new()
        {
            Path = "/",
            Name = "p",
            HandlerType = good.HandlerType,
            Dispatcher = good.Dispatcher,
            MaxConnections = connections,
            MaxMessageSize = messageSize,
        })));

        Assert.Contains("p has a negative", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_subprotocol_that_would_be_taken_for_a_token_is_told_when_the_server_starts()
    {
        var good = TestProtocol.Raw(new TestLife(), TestProtocol.Echo);
        var error = Assert.Throws<InvalidOperationException>(() => new TestServer(builder => builder.AddProtocol(new()
        {
            Path = "/",
            Name = "Bearer.v1",
            HandlerType = good.HandlerType,
            Dispatcher = good.Dispatcher,
        })));

        Assert.Contains("SubprotocolPrefix", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_protocols_wrong_origin_is_told_when_the_server_starts()
    {
        var good = TestProtocol.Raw(new TestLife(), TestProtocol.Echo);
        var error = await Record.ExceptionAsync(async () =>
        {
            await using var server = new TestServer(builder =>
            {
                builder.AddProtocol(Entry("first", ["https://app.example"]));
                builder.AddProtocol(Entry("second", ["app.example"]));
            });
        });

        Assert.Contains("'app.example' is not a valid origin", Assert.IsType<FormatException>(error).Message, StringComparison.Ordinal);

        UpgradeProtocols.Runtime.ProtocolEntry Entry(string name, string[] origins) =>
            new() { Path = "/", Name = name, AllowedOrigins = origins, HandlerType = good.HandlerType, Dispatcher = good.Dispatcher };
    }

    [Theory]
    [InlineData(299)]
    [InlineData(304)]
    [InlineData(600)]
    public void A_status_that_is_no_refusal_is_refused(int status) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => UpgradeResult.Refuse(status, "x"));

    private static string Fails(Action<UpgradeOptions> configure)
    {
        using var provider = Services(configure);
        return Assert.Single(Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<UpgradeEngine>()).Failures);
    }

    private static ServiceProvider Services(Action<UpgradeOptions> configure)
    {
        var services = new ServiceCollection();
        new UpgradeProtocolsBuilder(services).Configure(configure);
        return services.BuildServiceProvider();
    }
}
