using CsCheck;

namespace UpgradeProtocols.Tests.Http;

[Trait("rule", "H6")]
public class UpgradeRequestHeadersTests
{
    private static UpgradeRequestHeaders Parse(string lines) => Heads.Accept($"GET / HTTP/1.1\r\nHost: a\r\n{lines}\r\n").Headers;

    [Fact]
    public void Lines_with_the_same_name_are_combined_in_order()
    {
        var fields = Parse("A: 1\r\nB: x\r\na: 2, 3\r\nA:\r\n");
        Assert.Equal("1, 2, 3, ", fields["a"]);
        Assert.Equal(["1", "2, 3", ""], fields.GetValues("A"));
        Assert.Equal("x", fields["b"]);
        Assert.Equal(5, fields.Count);
        Assert.Equal(["Host", "A", "B", "a", "A"], fields.Select(f => f.Key));
    }

    [Fact]
    public void An_absent_header_is_null_and_an_empty_header_is_not()
    {
        var fields = Parse("Empty:\r\n");
        Assert.Null(fields["Absent"]);
        Assert.Empty(fields.GetValues("Absent"));
        Assert.False(fields.Contains("Absent"));
        Assert.False(fields.Contains("Empt"));
        Assert.Equal("", fields["Empty"]);
        Assert.True(fields.Contains("empty"));
        Assert.Throws<ArgumentNullException>(() => fields[null!]);
    }

    [Theory]
    [InlineData("L: a, b", "a|b")]
    [InlineData("L: a\r\nX: no\r\nl: b,c", "a|b|c")]
    [InlineData("L: ,, a ,\t,b,", "a|b")]
    [InlineData("L:\r\nL: ,\r\nL: a", "a")]
    [InlineData("L: a;p=\"x, y\", b", "a;p=\"x, y\"|b")]
    [InlineData("L: \"\\\",\", b", "\"\\\",\"|b")]
    [InlineData("L: \"\\\\\",b", "\"\\\\\"|b")]
    [InlineData("L: a\"b,c\"d,e", "a\"b,c\"d|e")]
    [InlineData("L: ", "")]
    public void A_list_spans_all_lines_and_respects_quotes(string lines, string members)
    {
        var list = new List<string>();
        Assert.True(Parse(lines + "\r\n").TryGetList("L", list));
        Assert.Equal(members, string.Join('|', list));
    }

    [Theory]
    [InlineData("L: \"a")]
    [InlineData("L: a, \"b\\\"")]
    [InlineData("L: \"a\r\nL: b\"")]
    [InlineData("L: \"")]
    [InlineData("L: \"\\")]
    public void An_unclosed_quote_makes_a_list_malformed(string lines) =>
        Assert.False(Parse(lines + "\r\n").TryGetList("L", []));

    [Theory]
    [InlineData("Connection: Upgrade", true)]
    [InlineData("Connection: keep-alive, uPGRADE", true)]
    [InlineData("Connection: close\r\nConnection: x,upgrade,y", true)]
    [InlineData("Connection: upgraded", false)]
    [InlineData("Connection: \"upgrade\"", false)]
    [InlineData("Connection: up grade", false)]
    [InlineData("X: upgrade", false)]
    [Trait("rule", "N1")]
    public void A_token_is_found_at_any_position_and_in_any_case(string lines, bool isThere) =>
        Assert.Equal(isThere, Parse(lines + "\r\n").HasToken("Connection", "upgrade"));

    [Fact]
    public void A_token_in_the_first_header_is_found() =>
        Assert.True(Heads.Accept("GET / HTTP/1.1\r\nConnection: close\r\nHost: a\r\n\r\n").Headers.HasToken("Connection", "close"));

    [Fact]
    public void Looking_for_a_token_allocates_nothing()
    {
        var fields = Parse("Connection: keep-alive\r\nConnection: x, Upgrade\r\n");
        fields.HasToken("Connection", "upgrade");
        var before = GC.GetAllocatedBytesForCurrentThread();
        var found = fields.HasToken("connection", "upgrade");
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(found);
    }

    [Fact]
    public void The_server_finds_the_sent_value()
    {
        const string TokenCharacters = "abcXYZ019!#$%&'*+-.^_`|~";
        var name = Gen.String[Gen.Char[TokenCharacters], 1, 12].Select(n => "x" + n);
        var value = Gen.String[Gen.Char[" \t,\"\\;=az\u0080\u00e9\u00ff"], 0, 20].Select(v => v.Trim(' ', '\t'));
        Gen.Select(name, value).Array[0, 20].Sample(pairs =>
        {
            var expected = pairs.Select(p => KeyValuePair.Create(p.Item1, p.Item2)).Prepend(new("Host", "a")).ToArray();
            var parsed = Parse(string.Concat(pairs.Select(p => $"{p.Item1}: {p.Item2} \r\n")));
            var built = new UpgradeRequestHeaders(expected);
            Assert.Equal(expected, parsed);
            Assert.Equal(expected, built);
            foreach (var group in expected.GroupBy(p => p.Key, StringComparer.OrdinalIgnoreCase))
            {
                var values = group.Select(p => p.Value).ToArray();
                Assert.Equal(values, parsed.GetValues(group.Key.ToUpperInvariant()));
                Assert.Equal(string.Join(", ", values), parsed[group.Key.ToLowerInvariant()]);
                Assert.Equal(parsed[group.Key], built[group.Key]);
            }
        });
    }

    [Fact]
    public void Headers_from_another_server_keep_any_character() =>
        Assert.Equal("\u20ac", new UpgradeRequestHeaders([new("X", "\u20ac")])["x"]);
}
