using System.Net;

namespace UpgradeProtocols.Tests.Transport;

public class TransportOptionsTests
{
    [Fact]
    [Trait("rule", "T2")]
    public void Defaults_are_valid() => Assert.Empty(Problems(_ => { }));

    [Fact]
    [Trait("rule", "T2")]
    public void At_least_one_connection_must_be_allowed()
    {
        Assert.Contains("MaxConnections is 0", Assert.Single(Problems(options => options.MaxConnections = 0)), StringComparison.Ordinal);
        Assert.Empty(Problems(options => options.MaxConnections = 1));
    }

    [Fact]
    [Trait("rule", "T4")]
    public void The_write_timeout_must_be_positive_or_infinite()
    {
        Assert.Contains("WriteTimeout", Assert.Single(Problems(options => options.WriteTimeout = TimeSpan.Zero)), StringComparison.Ordinal);
        Assert.Empty(Problems(options => options.WriteTimeout = Timeout.InfiniteTimeSpan));
    }

    [Fact]
    [Trait("rule", "T4")]
    public void The_PROXY_protocol_requires_known_proxies()
    {
        Assert.Contains("KnownProxies", Assert.Single(Problems(options => options.ProxyProtocol = true)), StringComparison.Ordinal);
        Assert.Empty(Problems(options =>
        {
            options.ProxyProtocol = true;
            options.KnownProxies.Add(IPNetwork.Parse("10.0.0.0/8"));
        }));
    }

    private static IEnumerable<string> Problems(Action<UpgradeOptions> change)
    {
        var options = new UpgradeOptions();
        change(options);
        return new UpgradeOptionsValidator().Validate(null, options).Failures ?? [];
    }
}
