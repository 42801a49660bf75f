using System.Globalization;

namespace UpgradeProtocols.Tests.Http;

public class FieldLineTests
{
    private const string Start = "GET / HTTP/1.1\r\nHost: localhost\r\n";

    [Theory, Trait("rule", "H6")]
    [InlineData("X:a", "a")]
    [InlineData("X: a", "a")]
    [InlineData("X: \t a \t ", "a")]
    [InlineData("X:", "")]
    [InlineData("X: \t ", "")]
    [InlineData("X: a b\tc", "a b\tc")]
    [InlineData("X: caf\u00e9\u0080\u00ff", "caf\u00e9\u0080\u00ff")]
    [InlineData("X: a:b", "a:b")]
    [InlineData("x: case", "case")]
    public void Whitespace_around_a_value_is_trimmed(string line, string value)
    {
        var fields = Heads.Accept($"{Start}{line}\r\nAfter: x\r\n\r\n").Headers;
        Assert.Equal(value, fields["X"]);
        Assert.Equal("x", fields["after"]);
    }

    [Fact, Trait("rule", "H6")]
    public void Every_token_character_is_allowed_in_a_name() =>
        Assert.Equal("1", Heads.Accept(Start + "!#$%&'*+-.^_`|~09azAZ: 1\r\n\r\n").Headers["!#$%&'*+-.^_`|~09AZaz"]);

    [Theory]
    [InlineData("X ", "H6")]
    [InlineData("X\t", "H6")]
    [InlineData(":", "H6")]
    [InlineData("X\r", "H2")]
    [InlineData("X\n", "H2")]
    [InlineData("X\u00e9", "H6")]
    [InlineData("X(", "H6")]
    [InlineData("X\0", "H2")]
    [InlineData("(", "H6")]
    [InlineData(" ", "H6")]
    [InlineData("\t", "H6")]
    [InlineData("X: 1\r\n ", "H6")]
    [InlineData("X: 1\r\n\t", "H6")]
    [InlineData("X: 1\n", "H2")]
    [InlineData("X: 1\r1", "H2")]
    [InlineData("X: 1\r\r", "H2")]
    [InlineData("X: \0", "H2")]
    [InlineData("X: \u0001", "H2")]
    [InlineData("X: \u007f", "H2")]
    [InlineData("X:\n", "H2")]
    [InlineData("\n", "H2")]
    [InlineData("\rX", "H2")]
    [Trait("rule", "H2"), Trait("rule", "H6")]
    public void A_malformed_line_is_refused_at_its_first_invalid_byte(string upToWrongByte, string rule)
    {
        Assert.True(Heads.RefuseAtLastByte(Start + upToWrongByte).StatusCode == 400, rule);
        Assert.Equal(400, Heads.Refuse(Start + upToWrongByte + "\r\n\r\n").StatusCode);
    }

    [Fact, Trait("rule", "H6")]
    public void Whitespace_before_the_first_header_is_refused() =>
        Assert.Equal(400, Heads.RefuseAtLastByte("GET / HTTP/1.1\r\n ").StatusCode);

    [Fact, Trait("rule", "H2")]
    public void Every_control_character_except_HTAB_is_refused_in_a_value()
    {
        for (var value = 0; value < 256; value++)
        {
            var isRefused = value is (< 0x20 and not 0x09) or 0x7F;
            var outcome = Heads.ParseEveryWay(Pieces.Bytes($"{Start}X: a{(char)value}b\r\n\r\n"));
            Assert.True(isRefused == (outcome.Status == HeadParseStatus.Failed), value.ToString("X2", CultureInfo.InvariantCulture));
        }
    }
}
