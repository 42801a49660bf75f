namespace UpgradeProtocols.Tests.WebSockets;

public class WebSocketCloseCodeTests
{
    [Fact, Trait("rule", "W7")]
    public void Only_valid_close_codes_may_be_sent()
    {
        int[] forbidden = [.. Enumerable.Range(0, 1000), 1004, 1005, 1006, 1015, .. Enumerable.Range(1016, 2999 - 1016 + 1), .. Enumerable.Range(5000, 65536 - 5000)];
        var expected = Enumerable.Range(0, 65536).Except(forbidden);

        Assert.Equal(expected, Enumerable.Range(0, 65536).Where(code => WebSocketCloseCode.IsValidOnWire((ushort)code)));
    }
}
