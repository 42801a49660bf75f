using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace UpgradeProtocols.Tests.EndToEnd;

/// <summary>The metrics that Prometheus reads from examples/AspNetCore, which exports them as docs/operations.md describes.</summary>
public sealed class MetricsPageTests : IAsyncLifetime
{
    private static readonly string[] s_protocol = ["http_route=\"/live\"", "upgrade_protocol=\"board.v1\"", "network_protocol_name=\"websocket\""];

    private readonly HttpClient _http = new();
    private ExampleServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await ExampleServer.StartAsync("AspNetCore");

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return _server.DisposeAsync();
    }

    [Fact]
    public async Task A_connection_its_messages_and_a_refusal_are_read_from_metrics()
    {
        using (var refused = new ClientWebSocket())
        {
            refused.Options.AddSubProtocol("board.v1");
            await Assert.ThrowsAsync<WebSocketException>(() => refused.ConnectAsync(_server.WebSocketAddress("/live"), TestContext.Current.CancellationToken));
        }

        using (var socket = new ClientWebSocket())
        {
            socket.Options.AddSubProtocol("board.v1");
            socket.Options.AddSubProtocol("bearer." + await TokenAsync());
            await socket.ConnectAsync(_server.WebSocketAddress("/live"), TestContext.Current.CancellationToken);
            await AskAsync(socket, "list", "\"type\":\"reply\"");
            await AskAsync(socket, "pin", "\"code\":\"forbidden\"");

            var open = await UntilAsync("upgrade_server_handler_duration_seconds_count", 1, [.. s_protocol, "upgrade_message=\"pin\""]);

            Assert.Equal(1, ValueOf(open, "upgrade_server_active_connections", s_protocol));
            Assert.Equal(1, ValueOf(open, "upgrade_server_upgrades_total", s_protocol));
            Assert.Equal(2, ValueOf(open, "upgrade_server_messages_total", [.. s_protocol, "network_io_direction=\"receive\""]));
            Assert.Equal(1, ValueOf(open, "upgrade_server_protocol_errors_total", [.. s_protocol, "error_type=\"forbidden\""]));
            Assert.NotNull(ValueOf(open, "upgrade_server_handler_duration_seconds_bucket", [.. s_protocol, "upgrade_message=\"list\"", "le=\"0.0001\""]));
            Assert.Equal(1, ValueOf(open, "upgrade_server_refusals_total", "http_response_status_code=\"401\"", "upgrade_refusal_reason=\"unauthorized\""));
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, TestContext.Current.CancellationToken);
        }

        await UntilAsync("upgrade_server_active_connections", 0, s_protocol);
    }

    [Fact]
    public async Task The_page_about_operation_shows_the_examples_own_code()
    {
        var example = await ReadAsync("examples/AspNetCore/Program.cs");
        var page = await ReadAsync("docs/operations.md");
        var shown = Regex.Match(page, "## OpenTelemetry\n\n```csharp\n(.*?)```", RegexOptions.Singleline).Groups[1].Value;

        Assert.Contains("AddOpenTelemetry", shown, StringComparison.Ordinal);
        Assert.All(
            shown.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
            line => Assert.Contains(line, example, StringComparison.Ordinal));

        static async Task<string> ReadAsync(string file) =>
            (await File.ReadAllTextAsync(Path.Combine(Programs.Metadata("Tests.Folder"), "..", file))).ReplaceLineEndings("\n");
    }

    // name{label="value",…} value
    private static double? ValueOf(string metrics, string name, params string[] labels) => metrics.Split('\n')
        .Where(line => line.StartsWith(name + "{", StringComparison.Ordinal) && Array.TrueForAll(labels, label => line.Contains(label, StringComparison.Ordinal)))
        .Select(static line => (double?)double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture))
        .SingleOrDefault();

    private static async Task AskAsync(ClientWebSocket socket, string message, string expected)
    {
        await socket.SendAsync(
            Encoding.UTF8.GetBytes($$$"""{"type":"{{{message}}}","id":1,"data":{"text":"x"}}"""), WebSocketMessageType.Text, true, TestContext.Current.CancellationToken);
        var buffer = new byte[4096];
        string received;
        do
        {
            var result = await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken).WaitAsync(Patience.Limit);
            received = Encoding.UTF8.GetString(buffer, 0, result.Count);
        }
        while (received.Contains("\"type\":\"present\"", StringComparison.Ordinal));
        Assert.Contains(expected, received, StringComparison.Ordinal);
    }

    private async Task<string> TokenAsync()
    {
        using var answer = await _http.PostAsJsonAsync(new Uri(_server.Address, "login"), new { name = "Ann", isEditor = false });
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("token").GetString()!;
    }

    // An exporter gives the same answer again for a moment.
    private async Task<string> UntilAsync(string name, double value, params string[] labels)
    {
        using var patience = new CancellationTokenSource(Patience.Limit);
        while (true)
        {
            using var answer = await _http.GetAsync(new Uri(_server.Address, "metrics"), TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            var metrics = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            if (ValueOf(metrics, name, labels) == value)
            {
                return metrics;
            }

            Assert.False(patience.IsCancellationRequested, $"{name} is never {value}, but:\n{metrics}");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }
}
