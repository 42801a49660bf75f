using System.Net;

namespace UpgradeProtocols.Tests.Transport;

[Trait("rule", "T4")]
public class ForwardedFieldsTests
{
    // 10.* and fd00::/8 are known proxies.
    [Theory]
    [InlineData("for=192.0.2.60;proto=https;host=app.example", "192.0.2.60:0 https app.example")]
    [InlineData("For=\"192.0.2.60:4711\" ; PROTO=HTTPS ; ", "192.0.2.60:4711 https -")]
    [InlineData("for=\"[2001:db8:cafe::17]:4711\"", "[2001:db8:cafe::17]:4711 - -")]
    [InlineData("for=\"[2001:db8::1]\";by=10.0.0.1;secret=_x", "[2001:db8::1]:0 - -")]
    [InlineData("for=192.0.2.60;host=\"app.example:8443\"", "192.0.2.60:0 - app.example:8443")]
    [InlineData("for=\"192.0.2.60:_hidden\"", "192.0.2.60:0 - -")]
    [InlineData("for=\"1\\92.0.2.60\"", "192.0.2.60:0 - -")]
    [InlineData("proto=wss", "peer https -")]
    [InlineData("for=unknown;proto=http", "unknown http -")]
    [InlineData("for=_hidden", "unknown - -")]
    [InlineData("for=\"unknown:80\"", "unknown - -")]
    [InlineData(";;for=192.0.2.1;", "192.0.2.1:0 - -")]
    // From the right to the first hop that is not a known proxy.
    [InlineData("for=198.51.100.1, for=192.0.2.60", "192.0.2.60:0 - -")]
    [InlineData("for=198.51.100.1;proto=http, for=192.0.2.60;proto=https, for=10.0.0.2;proto=http", "192.0.2.60:0 https -")]
    [InlineData("for=192.0.2.60, for=10.0.0.2;proto=https;host=inner", "192.0.2.60:0 https inner")]
    [InlineData("for=10.0.0.3, for=10.0.0.2", "10.0.0.3:0 - -")]
    [InlineData("for=192.0.2.60, for=\"[fd00::1]\"", "192.0.2.60:0 - -")]
    [InlineData("for=192.0.2.60, for=unknown", "unknown - -")]
    [InlineData("for=192.0.2.60, proto=https", "peer https -")]
    // The text to the left of that hop may be anything.
    [InlineData("for=garbage!;;=, for=192.0.2.60", "192.0.2.60:0 - -")]
    // Malformed.
    [InlineData("for=192.0.2", null)]
    [InlineData("for=127.1", null)]
    [InlineData("for=0x7F000001", null)]
    [InlineData("for=192.0.2.60:80", null)]
    [InlineData("for=2001:db8::1", null)]
    [InlineData("for=\"2001:db8::1\"", null)]
    [InlineData("for=\"[fe80::1%eth0]\"", null)]
    [InlineData("for=\"192.0.2.60:99999\"", null)]
    [InlineData("for=\"192.0.2.60:-1\"", null)]
    [InlineData("for=\"192.0.2.60:\"", null)]
    [InlineData("for=", null)]
    [InlineData("for", null)]
    [InlineData("for=\"\"", null)]
    [InlineData("for = 192.0.2.60", null)]
    [InlineData("for=192.0.2.60 proto=http", null)]
    [InlineData("for=192.0.2.60;for=192.0.2.61", null)]
    [InlineData("proto=http;proto=https", null)]
    [InlineData("host=a;host=b", null)]
    [InlineData("proto=gopher", null)]
    [InlineData("host=\"a b\"", null)]
    [InlineData("host=\"a/b\"", null)]
    [InlineData("host=\"\u00e4\"", null)]
    [InlineData("for=\"192.0.2.60", null)]
    [InlineData("for=192.0.2.60, for=\"10.0.0.1", null)]
    public void Forwarded(string value, string? expected) => Check(expected, ("Forwarded", value));

    [Theory]
    [InlineData("192.0.2.60", "https", "app.example", "192.0.2.60:0 https app.example")]
    [InlineData("192.0.2.60:4711", null, null, "192.0.2.60:4711 - -")]
    [InlineData("2001:db8::1", null, null, "[2001:db8::1]:0 - -")]
    [InlineData("[2001:db8::1]:80", null, null, "[2001:db8::1]:80 - -")]
    [InlineData("198.51.100.1, 192.0.2.60", "https", null, "192.0.2.60:0 https -")]
    [InlineData("192.0.2.60, 10.0.0.2", "https", "inner", "192.0.2.60:0 https inner")]
    [InlineData("192.0.2.60, 10.0.0.2", "https, http", "outer, inner", "192.0.2.60:0 https outer")]
    [InlineData("198.51.100.1, 192.0.2.60", "http, https", "evil, app", "192.0.2.60:0 https app")]
    [InlineData("unknown", null, null, "unknown - -")]
    [InlineData(null, "http, https", "evil, app", "peer https app")]
    [InlineData("nonsense, 192.0.2.60", "junk, https", "a b, app", "192.0.2.60:0 https app")]
    [InlineData(" , 192.0.2.60 ,, ", null, null, "192.0.2.60:0 - -")]
    [InlineData("nonsense", null, null, null)]
    [InlineData("192.0.2.60, nonsense", null, null, null)]
    [InlineData("\"192.0.2.60\"", null, null, null)]
    [InlineData("1", null, null, null)]
    [InlineData("192.0.2.060", null, null, null)]
    [InlineData("192.0.2.60", "ftp", null, null)]
    [InlineData("192.0.2.60", null, "a b", null)]
    [InlineData("[2001:db8::1", null, null, null)]
    [InlineData("[]", null, null, null)]
    [InlineData(":", null, null, null)]
    public void X_Forwarded_headers(string? clients, string? schemes, string? hosts, string? expected) =>
        Check(expected, ("X-Forwarded-For", clients), ("X-Forwarded-Proto", schemes), ("X-Forwarded-Host", hosts));

    [Fact]
    public void Several_header_lines_form_one_list() =>
        Check("192.0.2.60:0 - -", ("X-Forwarded-For", "198.51.100.1"), ("X-Forwarded-For", "192.0.2.60"), ("X-Forwarded-For", "10.0.0.2"));

    [Theory]
    [InlineData("for=192.0.2.60", "192.0.2.60", "https", "192.0.2.60:0 https -")]
    [InlineData("for=\"192.0.2.60:4711\";proto=https", "192.0.2.60", "https", "192.0.2.60:4711 https -")]
    [InlineData("for=192.0.2.66", "192.0.2.60", null, null)]
    [InlineData("for=192.0.2.60;proto=http", "192.0.2.60", "https", null)]
    [InlineData("for=192.0.2.60", null, "https", null)]
    [InlineData("host=evil", "192.0.2.60", null, null)]
    public void Forwarded_and_X_Forwarded_headers_must_agree(string standard, string? clients, string? schemes, string? expected) =>
        Check(expected, ("Forwarded", standard), ("X-Forwarded-For", clients), ("X-Forwarded-Proto", schemes));

    [Fact]
    public void Without_forwarded_headers_there_is_no_origin()
    {
        Assert.True(ForwardedFields.TryRead(Headers(("Via", "1.1 proxy")), IsKnown, out var origin));
        Assert.Null(origin);
    }

    [Fact]
    public void Any_bytes_are_read_or_refused()
    {
        var random = new Random(4711);
        const string Alphabet = "for=;,\"\\[]:. _10abproto=httpshost";
        for (var i = 0; i < 20_000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(40)).Select(_ => Alphabet[random.Next(Alphabet.Length)]));
            _ = ForwardedFields.TryRead(Headers(("Forwarded", text)), IsKnown, out _);
            _ = ForwardedFields.TryRead(Headers(("X-Forwarded-For", text), ("X-Forwarded-Host", text)), IsKnown, out _);
        }
    }

    private static void Check(string? expected, params (string Name, string? Value)[] fields)
    {
        var isRead = ForwardedFields.TryRead(Headers(fields), IsKnown, out var origin);
        Assert.Equal(expected is not null, isRead);
        Assert.Equal(expected, origin is null ? null : $"{Client(origin)} {origin.Scheme ?? "-"} {origin.Host ?? "-"}");
    }

    private static string Client(ForwardedOrigin origin) => !origin.HasClient ? "peer" : origin.Client?.ToString() ?? "unknown";

    private static UpgradeRequestHeaders Headers(params (string Name, string? Value)[] fields) =>
        new(fields.Where(field => field.Value is not null).Select(field => KeyValuePair.Create(field.Name, field.Value!)));

    private static bool IsKnown(IPAddress address) =>
        IPNetwork.Parse("10.0.0.0/8").Contains(address) || IPNetwork.Parse("fd00::/8").Contains(address);
}
