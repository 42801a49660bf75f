namespace UpgradeProtocols.Tests.Hosting;

public class UpgradeResultTests
{
    [Theory, Trait("rule", "N4"), Trait("rule", "S5")]
    [InlineData("Upgrade"), InlineData("connection"), InlineData("Sec-WebSocket-Protocol"), InlineData("sec-websocket-accept")]
    [InlineData("Sec-WebSocket-Extensions")]
    public void Negotiated_headers_appear_once_in_a_101(string name)
    {
        var error = Assert.Throws<ArgumentException>(() => UpgradeResult.Accept().WithHeader(name, "x"));

        Assert.Contains(name, error.Message, StringComparison.Ordinal);
        Assert.Equal(name, UpgradeResult.Refuse(426, "no").WithHeader(name, "x").Headers[0].Key);
    }

    [Theory]
    [InlineData("Date", "x"), InlineData("X", "a\r\nB: c"), InlineData("X Y", "z")]
    public void A_field_that_can_not_stand_there_is_refused_where_it_is_given(string name, string value)
    {
        Assert.Throws<ArgumentException>(() => UpgradeResult.Accept().WithHeader(name, value));
        Assert.Throws<ArgumentException>(() => UpgradeResult.Refuse(400, "no").WithHeader(name, value));
    }
}
