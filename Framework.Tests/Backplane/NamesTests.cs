using System.Security.Claims;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Testing;
using UpgradeProtocols.Tests.Connections;
using UpgradeProtocols.Tests.Hosting;

namespace UpgradeProtocols.Tests.Backplane;

/// <summary>Names of groups and users that other nodes could not distinguish are refused, with or without a backplane.</summary>
public class NamesTests
{
    private readonly InProcessNetwork _network = new();

    [Theory]
    [InlineData("<", false)]
    [InlineData(">", false)]
    [InlineData("a<", false)]
    [InlineData("<b", false)]
    [InlineData("><", false)]
    [InlineData("<<>", false)]
    [InlineData("<>>", false)]
    [InlineData("<>", true)]
    [InlineData("a<>b<>", true)]
    [InlineData("\0", true)]
    [InlineData("\uffff\ufffe", true)]
    [InlineData("ROOM", true)]
    public void A_name_with_half_a_surrogate_pair_is_invalid(string name, bool isWhole) => Assert.Equal(isWhole, MemberName.IsWellFormed(Halves.In(name)));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Every_method_with_a_name_refuses_half_a_surrogate_pair(bool hasBackplane)
    {
        const string Half = "room \ud83d";
        var life = new TestLife();
        await using var server = new TestServer(builder =>
        {
            builder.AddProtocol(TestProtocol.Json(life, TestProtocol.Nothing));
            builder.AddClientContract<IEvents>(target => new EventsProxy(target));
            if (hasBackplane)
            {
                builder.AddBackplane(_ => _network.Connect());
            }
        });
        await server.OpenAsync();
        var connection = (await life.NextAsync()).Connection;
        var clients = (IClients<IEvents>)server.Services.GetService(typeof(IClients<IEvents>))!;
        var presence = server.Hub.Presence;
        Action[] calls =
        [
            () => _ = connection.JoinAsync(Half).AsTask(),
            () => _ = connection.JoinAsync(Half, "tag").AsTask(),
            () => _ = connection.LeaveAsync(Half).AsTask(),
            () => _ = clients.Group(Half),
            () => _ = clients.User(Half),
            () => _ = clients.Connection(Half),
            () => _ = presence.GetGroupAsync(Half).AsTask(),
            () => _ = presence.GetUserAsync(Half).AsTask(),
            () => connection.SetUser(User(Half)),
            () => connection.SetUser(User(Half)),
        ];

        Assert.All(calls, call => Assert.Contains("half a surrogate pair", Assert.ThrowsAny<ArgumentException>(call).Message, StringComparison.Ordinal));
        Assert.Empty(connection.Groups);
    }

    [Fact]
    public async Task A_login_whose_user_id_has_half_a_surrogate_pair_is_refused()
    {
        await using var server = new TestServer(
            builder => builder.AddProtocol(TestProtocol.Json(new TestLife(), TestProtocol.Nothing)),
            options => options.Authenticate = (_, _) => new(User("ann\ud83d")));
        var client = server.Connect();
        await client.SendAsync(TestClient.Upgrade("/"));
        var response = await client.ResponseAsync();
        Assert.Equal(403, response.Status);
        Assert.Contains("half a surrogate pair", response.Body, StringComparison.Ordinal);
    }

    // Otherwise a later push would replace an earlier one of another key.
    [Fact, Trait("rule", "W12")]
    public void Different_keys_have_different_texts_or_none()
    {
        Assert.Null(TextOf("\ud83d"));
        Assert.Null(TextOf('\ud83d'));
        Assert.Equal("\ud83d\ude00", TextOf("\ud83d\ude00"));
        string?[] keys = [null, "", "\0", "\0\0", "\0a", "a\0"];
        Assert.Equal(keys.Length, keys.Select(TextOf).Distinct().Count());
    }

    private static string? TextOf<T>(T key) =>
        new PushMethod<Holder<T>>("price") { LatestBy = PushKeySelector.By((Holder<T> holder) => holder.Key) }.KeyOf(new Holder<T>(key))?.Text;

    private static ClaimsPrincipal User(string id) => new(new ClaimsIdentity([new Claim("sub", id)], "test"));

    private sealed record Holder<T>(T Key);
}

/// <summary>An attribute's text can't hold half a surrogate pair either.</summary>
internal static class Halves
{
    public static string In(string text) => text.Replace('<', '\ud83d').Replace('>', '\ude00');
}
