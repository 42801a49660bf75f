using System.Globalization;
using UpgradeProtocols.Tests.Generators;

namespace UpgradeProtocols.Tests.Messages;

/// <summary>Parameters that are bound by name or position.</summary>
public class ParameterTests
{
    private const string Handler = """
        using System.Text.Json;

        public enum Unit { None, Kilo = 3 }
        public sealed record Point(int X, int Y);

        [UpgradeProtocol("rpc", Path = "/", Format = typeof(JsonRpcMessageFormat))]
        public sealed class Rpc
        {
            [Message("all")]
            public async Task<string> AllAsync(Point point, UpgradeConnection connection, string? name, int @class = 5, double factor = -1.5, decimal price = 2.25m,
                Unit unit = Unit.Kilo, int? count = 7, string text = "a\"b", Point? other = null, DateTime since = default, bool flag = true, CancellationToken ct = default)
            {
                await Task.Yield();
                return FormattableString.Invariant($"{point.X}/{point.Y} {name ?? "-"} {@class} {factor} {price} {unit} {count?.ToString() ?? "-"} {text} {other?.X ?? -1} {since.Year} {flag}");
            }

            [Message("whole")] public int Whole([Payload] Point point) => point.X + point.Y;
            [Message("bytes")] public int Bytes(ReadOnlySpan<byte> json) => json.Length;
            [Message("json")] public string Json(JsonElement any) => any.GetRawText();
            [Message("small")]
            public string Small(byte a = 1, sbyte b = -2, short c = 3, ushort d = 4, char e = 'e', float f = 0.5f, long g = 6, ulong h = 7, uint i = 8, byte? j = 9, Unit? k = Unit.Kilo,
                string? l = "l", int values = 10, int call = 11, int handler = 12, int _ = 13, Guid n = default, object? o = null) =>
                FormattableString.Invariant($"{a} {b} {c} {d} {e} {f} {g} {h} {i} {j} {k} {l} {values} {call} {handler} {_} {n == Guid.Empty} {o is null}");

            [Message("capital")] public int Capital(int ID, int URLPath) => ID - URLPath;
        }
        """;

    [Theory]
    [InlineData("all", """[{"X":1,"Y":2}]""", "1/2 - 5 -1.5 2.25 Kilo 7 a\\u0022b -1 1 True")]
    [InlineData("all", """{"point":{"X":1,"Y":2}}""", "1/2 - 5 -1.5 2.25 Kilo 7 a\\u0022b -1 1 True")]
    [InlineData("all", """{"flag":false,"unknown":[{"point":1}],"class":6,"p\u006fint":{"X":1,"Y":2},"count":null,"name":"n","text":"t"}""", "1/2 n 6 -1.5 2.25 Kilo - t -1 1 False")]
    [InlineData("all", """[{"X":1,"Y":2},null,1,0.5,0.25,0,8,"",{"X":9,"Y":9},"2020-01-01",false]""", "1/2 - 1 0.5 0.25 None 8  9 2020 False")]
    [InlineData("small", "[]", "1 -2 3 4 e 0.5 6 7 8 9 Kilo l 10 11 12 13 True True")]
    public async Task Absent_parameters_have_their_defaults(string method, string parameters, string expected)
    {
        // The generator writes the defaults into code on machines of any culture.
        var culture = CultureInfo.CurrentCulture;
        var finnish = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        finnish.NumberFormat.NumberDecimalSeparator = ",";
        finnish.NumberFormat.NegativeSign = "\u2212";
        CultureInfo.CurrentCulture = finnish;
        try
        {
            Assert.Equal($"\"{expected}\"", await AskAsync(method, parameters));
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }

    [Theory]
    [InlineData("whole", """{"x":1,"y":2}""", "3")]
    [InlineData("bytes", """[ 1,2 ]""", "7")]
    [InlineData("json", """{"any":{"a": [1]}}""", "\"{\\u0022a\\u0022: [1]}\"")]
    [InlineData("json", """[null]""", "\"null\"")]
    [InlineData("capital", """{"id":5,"urlPath":3}""", "2")]
    [InlineData("capital", """[5,3]""", "2")]
    public async Task Parameters_are_bound_as_they_are_declared(string method, string parameters, string expected) =>
        Assert.Equal(expected, await AskAsync(method, parameters));

    [Theory]
    [InlineData("all", "[]", "The parameter 'point' is missing.")]
    [InlineData("all", "[null]", "The parameter 'point' is null.")]
    [InlineData("all", """[{"x":1,"y":2},null,null]""", "The parameter 'class': ")]
    [InlineData("all", """{"point":{"x":1,"y":2},"factor":"x"}""", "The parameter 'factor': ")]
    [InlineData("all", """{"point":{"x":1}}""", "The parameter 'point': The payload lacks 'y'.")]
    [InlineData("all", """{"point":{},"point":{}}""", "The parameter 'point' appears twice.")]
    [InlineData("capital", "[1,2,3]", "There are no more than 2 parameters.")]
    [InlineData("capital", """{"ID":5,"URLPath":3}""", "The parameter 'id' is missing.")]
    public async Task An_invalid_parameter_is_reported_in_the_error(string method, string parameters, string problem)
    {
        var answer = await SendAsync(method, parameters);
        Assert.StartsWith("""{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":""" + '"' + problem, answer, StringComparison.Ordinal);
    }

    private static async Task<string> AskAsync(string method, string parameters)
    {
        var answer = await SendAsync(method, parameters);
        const string start = """{"jsonrpc":"2.0","id":1,"result":""";
        Assert.StartsWith(start, answer, StringComparison.Ordinal);
        return answer[start.Length..^1];
    }

    private static async Task<string> SendAsync(string method, string parameters)
    {
        await using var server = GeneratedServer.Start(Handler);
        var client = await server.OpenAsync("/", "Sec-WebSocket-Protocol: rpc\r\n");
        await client.TextAsync($$"""{"jsonrpc":"2.0","method":"{{method}}","params":{{parameters}},"id":1}""");
        return await client.TextAsync();
    }
}
