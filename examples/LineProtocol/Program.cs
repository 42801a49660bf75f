// A line protocol over an HTTP upgrade (RFC 9110 §7.8): calc/1 answers each arithmetic line with one line.
//
//   dotnet run --project examples/LineProtocol                    the server, on http://localhost:5082 (--urls for another address)
//   dotnet run --project examples/LineProtocol -- client          a console client; type 1 + 2, end with an empty line or Ctrl+D
//   dotnet run --project examples/LineProtocol -- client http://localhost:8080
//
// On the wire:   GET /calc HTTP/1.1          →   HTTP/1.1 101 Switching Protocols
//                Host: localhost:5082            Connection: Upgrade
//                Connection: Upgrade             Upgrade: calc/1
//                Upgrade: calc/1
//                                            then 6 * 7 ⏎ → 42 ⏎, and so on.
using System.Globalization;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using UpgradeProtocols;

if (args is ["client", .. var rest])
{
    return await Client.RunAsync(new Uri(rest is [var url, ..] ? url : "http://localhost:5082"));
}

var builder = Host.CreateApplicationBuilder(args);
builder.Services.AddUpgradeProtocols()
    .Listen("http://localhost:5082")
    .MapGet("/", _ => Results.Text("Upgrade to calc/1 on /calc, and send lines such as 6 * 7. The server answers each line with one line.\n"));
await builder.Build().RunAsync();
return 0;

/// <summary>Answers each line. The last result replaces a missing first number: after 6 * 7, the line + 1 returns 43.</summary>
[UpgradeProtocol("calc/1", Kind = UpgradeKind.Raw, Path = "/calc", Framing = typeof(LineFraming), MaxMessageSize = 200)]
internal sealed class CalcHandler
{
    private decimal _last;

    [AnyMessage]
    public string Calculate(string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words is [var sign, _] && sign is "+" or "-" or "*" or "/")
        {
            words = [_last.ToString(CultureInfo.InvariantCulture), .. words];
        }

        try
        {
            return words switch
            {
                [var one] => Show(Number(one)),
                [var a, "+", var b] => Show(Number(a) + Number(b)),
                [var a, "-", var b] => Show(Number(a) - Number(b)),
                [var a, "*", var b] => Show(Number(a) * Number(b)),
                [var a, "/", var b] => Show(Number(a) / Number(b)),
                _ => "error: a line is a number, an operator (+ - * /) and a number, with spaces between",
            };
        }
        catch (Exception e) when (e is FormatException or OverflowException or DivideByZeroException)
        {
            // The protocol has no envelope for errors, so an error is also a line, and the connection stays open.
            return $"error: {e.Message}";
        }
    }

    private static decimal Number(string word) => decimal.Parse(word, NumberStyles.Float, CultureInfo.InvariantCulture);

    private string Show(decimal result)
    {
        // The division removes the trailing zeros of a decimal: 2.50 is shown as 2.5.
        _last = result / 1.0000000000000000000000000000m;
        return _last.ToString(CultureInfo.InvariantCulture);
    }
}

/// <summary>The client, on a plain TCP connection. Any language can implement it.</summary>
internal static class Client
{
    public static async Task<int> RunAsync(Uri server)
    {
        using var connection = new TcpClient();
        await connection.ConnectAsync(server.IdnHost, server.Port);
        await using var stream = connection.GetStream();
        using var reader = new StreamReader(stream);
        await using var writer = new StreamWriter(stream) { NewLine = "\r\n", AutoFlush = true };

        await writer.WriteAsync($"GET /calc HTTP/1.1\r\nHost: {server.Authority}\r\nConnection: Upgrade\r\nUpgrade: calc/1\r\n\r\n");
        var status = await reader.ReadLineAsync();
        if (status?.StartsWith("HTTP/1.1 101 ", StringComparison.Ordinal) != true)
        {
            await Console.Error.WriteLineAsync($"The server doesn't speak calc/1: {status ?? "it closed the connection"}");
            return 1;
        }

        // Reads the rest of the head. After the empty line, the connection carries calc/1.
        while (!string.IsNullOrEmpty(await reader.ReadLineAsync()))
        {
        }

        while (await Console.In.ReadLineAsync() is { Length: > 0 } line)
        {
            await writer.WriteLineAsync(line);
            if (await reader.ReadLineAsync() is not { } answer)
            {
                await Console.Error.WriteLineAsync("The server closed the connection.");
                return 1;
            }

            Console.WriteLine(answer);
        }

        return 0;
    }
}
