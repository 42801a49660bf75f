using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using UpgradeProtocols.Tests.Connections;

namespace UpgradeProtocols.Tests.Hosting;

public class OptionsTests
{
    public static TheoryData<string, string> BadValues => new()
    {
        { nameof(UpgradeOptions.HandshakeTimeout), "00:00:00" },
        { nameof(UpgradeOptions.HandshakeTimeout), "60.00:00:00" },
        { nameof(UpgradeOptions.KeepAliveTimeout), "-00:00:01" },
        { nameof(UpgradeOptions.RequestBodyTimeout), "00:00:00" },
        { nameof(UpgradeOptions.RequestTimeout), "00:00:00" },
        { nameof(UpgradeOptions.RequestTimeout), "10675199.02:48:05" },
        { nameof(UpgradeOptions.CloseTimeout), "00:00:00" },
        { nameof(UpgradeOptions.PingInterval), "00:00:00" },
        { nameof(UpgradeOptions.PingTimeout), "00:00:00" },
        { nameof(UpgradeOptions.DrainTimeout), "10675199.02:48:05" },
        { nameof(UpgradeOptions.MaxRequestLineSize), "63" },
        { nameof(UpgradeOptions.MaxRequestHeadSize), "100" },
        { nameof(UpgradeOptions.MaxRequestFieldCount), "0" },
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
    [InlineData("")]
    public void An_origin_that_is_none_is_told(string origin) =>
        Assert.StartsWith($"AllowedOrigins: '{origin}'", Fails(options => options.AllowedOrigins.Add(origin)), StringComparison.Ordinal);

    [Theory]
    [InlineData("https://app.example")]
    [InlineData("app.example:80")]
    [InlineData("a b")]
    [InlineData("*.")]
    [InlineData("")]
    public void A_host_that_is_none_is_told(string host) =>
        Assert.StartsWith($"AllowedHosts: '{host}'", Fails(options => options.AllowedHosts.Add(host)), StringComparison.Ordinal);

    [Fact]
    public void What_can_work_is_taken()
    {
        using var provider = Services(options =>
        {
            options.PingInterval = Timeout.InfiniteTimeSpan;
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

        Assert.Contains("'app.example' is not an origin", Assert.IsType<FormatException>(error).Message, StringComparison.Ordinal);

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
