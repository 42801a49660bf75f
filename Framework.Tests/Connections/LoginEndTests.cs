using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Time.Testing;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Testing;
using UpgradeProtocols.Tests.Hosting;

namespace UpgradeProtocols.Tests.Connections;

/// <summary>The end of a login. Every value of the expiry ends it.</summary>
public class LoginEndTests
{
    private static readonly DateTimeOffset s_now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("1796000000", "2026-11-30T00:53:20")]
    [InlineData("1796000000.0", "2026-11-30T00:53:20")]
    [InlineData("1796000000.25", "2026-11-30T00:53:20.25")]
    [InlineData("1.796e9", "2026-11-30T00:53:20")]
    [InlineData("1.796E+9", "2026-11-30T00:53:20")]
    [InlineData("17960000000e-1", "2026-11-30T00:53:20")]
    [InlineData("-1", "1969-12-31T23:59:59")]
    [InlineData("-0.5", "1969-12-31T23:59:59.5")]
    [InlineData("0", "1970-01-01T00:00:00")]
    public void A_date_in_seconds_may_have_a_fraction_a_sign_and_an_exponent(string exp, string expected) =>
        Assert.Equal(DateTimeOffset.Parse(expected, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal), LoginEnd.Of(User(exp)));

    [Theory]
    [InlineData("")]
    [InlineData("never")]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("0x6B0C7E00")]
    [InlineData("1,796,000,000")]
    [InlineData("\"1796000000\"")]
    [InlineData("1e300")]
    [InlineData("-1e300")]
    [InlineData("1796000000000")]
    [InlineData("2027-01-01T00:00:00Z")]
    public void A_value_that_is_no_date_in_seconds_has_passed(string exp) => Assert.Equal(LoginEnd.Unreadable, LoginEnd.Of(User(exp)));

    [Fact]
    public void Of_several_ends_the_nearest_counts_and_one_that_cant_be_read_has_passed()
    {
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(5), LoginEnd.Of(User("9", "5", "7")));
        Assert.Equal(LoginEnd.Unreadable, LoginEnd.Of(User("1796000000", "soon")));
        Assert.Null(LoginEnd.Of(User()));
    }

    [Fact]
    public void A_schemes_end_that_cant_be_read_has_passed()
    {
        Assert.Equal(s_now, LoginEnd.Of(new AuthenticationProperties { ExpiresUtc = s_now }));
        Assert.Equal(LoginEnd.Unreadable, LoginEnd.Of(new AuthenticationProperties(new Dictionary<string, string?> { [".expires"] = "tomorrow" })));
        Assert.Null(LoginEnd.Of(new AuthenticationProperties()));
        Assert.Null(LoginEnd.Of((AuthenticationProperties?)null));
    }

    [Fact]
    public void Setting_a_user_keeps_the_nearer_end()
    {
        using var test = new TestConnection();
        var connection = test.Connection;

        connection.SetUser(User(), s_now.AddHours(1));
        connection.SetUser(User());
        Assert.Equal(s_now.AddHours(1), connection.UserExpires);
        connection.SetUser(User(Seconds(s_now.AddHours(2))));
        Assert.Equal(s_now.AddHours(1), connection.UserExpires);
        connection.SetUser(User(Seconds(s_now.AddMinutes(1))));
        Assert.Equal(s_now.AddMinutes(1), connection.UserExpires);
        connection.SetUser(User("soon"));
        Assert.Equal(LoginEnd.Unreadable, connection.UserExpires);
    }

    [Fact]
    public void An_expiry_that_is_given_replaces_the_known_and_the_claimed_one()
    {
        using var test = new TestConnection();
        var connection = test.Connection;

        connection.SetUser(User(Seconds(s_now.AddHours(1))));
        Assert.Equal(s_now.AddHours(1), connection.UserExpires);
        connection.SetUser(User(Seconds(s_now.AddHours(2))), s_now.AddHours(3));
        Assert.Equal(s_now.AddHours(3), connection.UserExpires);
        connection.SetUser(User(), s_now.AddHours(2));
        Assert.Equal(s_now.AddHours(2), connection.UserExpires);
        connection.SetUser(User("soon"), DateTimeOffset.MaxValue);
        Assert.Equal(DateTimeOffset.MaxValue, connection.UserExpires);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("NaN")]
    [InlineData("1796000000000")]
    public async Task An_upgrade_with_a_login_that_has_ended_is_refused_whether_or_not_the_handler_asks_who_it_is(string exp)
    {
        await using var server = Server(exp);
        var client = server.Connect();

        await client.SendAsync(TestClient.Upgrade("/"));

        Assert.Equal(401, (await client.ResponseAsync()).Status);
        Assert.Contains(server.Logs.Entries, static entry => entry.Id == 11);
    }

    [Fact]
    public async Task A_login_that_ends_in_a_part_of_a_second_ends_its_connection()
    {
        var time = new FakeTimeProvider();
        await using var server = Server(((decimal)time.GetUtcNow().AddSeconds(3.5).ToUnixTimeMilliseconds() / 1000).ToString(CultureInfo.InvariantCulture));
        var client = await server.OpenAsync();

        var closing = client.UntilCloseAsync();
        var taken = await server.AdvanceUntilAsync(closing);

        Assert.Equal(4401, (await closing).Code);
        Assert.InRange(taken, TimeSpan.FromSeconds(3.5), TimeSpan.FromSeconds(4.5));
    }

    [Fact]
    public async Task A_filter_that_adds_a_claim_doesnt_make_the_login_last_for_ever()
    {
        await using var server = new TestServer(builder => builder
            .Configure(static options => options.Authenticate = static (connection, _) =>
            {
                connection.SetUser(User(), connection.OpenedAt.AddSeconds(10));
                return new(connection.User);
            })
            .AddUpgradeFilter(static (connection, next) =>
            {
                connection.SetUser(new ClaimsPrincipal(new ClaimsIdentity([.. connection.User.Claims, new Claim("tenant", "one")], "test")));
                return next(connection);
            })
            .AddProtocol(TestProtocol.Raw(new TestLife(), TestProtocol.Echo)));
        var client = await server.OpenAsync();

        var closing = client.UntilCloseAsync();
        await server.AdvanceUntilAsync(closing);

        Assert.Equal(4401, (await closing).Code);
    }

    private static TestServer Server(string exp) => new(builder => builder
        .Configure(options => options.Authenticate = (_, _) => new(User(exp)))
        .AddProtocol(TestProtocol.Raw(new TestLife(), TestProtocol.Echo)));

    private static string Seconds(DateTimeOffset time) => time.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);

    private static ClaimsPrincipal User(params string[] ends) =>
        new(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, "ann"), .. ends.Select(static end => new Claim("exp", end))], "test"));
}
