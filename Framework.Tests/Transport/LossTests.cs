using System.Diagnostics;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using UpgradeProtocols.Runtime;
using UpgradeProtocols.Tests.Connections;
using UpgradeProtocols.Tests.Hosting;
using UpgradeProtocols.Tests.WebSockets;

namespace UpgradeProtocols.Tests.Transport;

/// <summary>Tests of lost connections on sockets: each loss is reported once, with the correct code, and logs no warning.</summary>
[Trait("rule", "W14")]
public class LossTests
{
    public enum Loss
    {
        /// <summary>FIN without a Close.</summary>
        Fin,

        /// <summary>FIN in the middle of a message.</summary>
        FinInside,

        Reset,

        ResetInside,

        /// <summary>SIGKILL ends the process.</summary>
        Kill,
    }

    [Theory]
    [InlineData("websocket", Loss.Fin, 1006, CloseInitiator.Transport)]
    [InlineData("websocket", Loss.FinInside, 1006, CloseInitiator.Transport)]
    [InlineData("websocket", Loss.Reset, 1006, CloseInitiator.Transport)]
    [InlineData("websocket", Loss.ResetInside, 1006, CloseInitiator.Transport)]
    [InlineData("websocket", Loss.Kill, 1006, CloseInitiator.Transport)]
    [InlineData("lines/1", Loss.Fin, 1000, CloseInitiator.Peer)]
    [InlineData("lines/1", Loss.FinInside, 1006, CloseInitiator.Peer)]
    [InlineData("lines/1", Loss.Reset, 1006, CloseInitiator.Transport)]
    [InlineData("lines/1", Loss.ResetInside, 1006, CloseInitiator.Transport)]
    [InlineData("lines/1", Loss.Kill, 1000, CloseInitiator.Peer)]
    [InlineData("pipe/1", Loss.Fin, 1000, CloseInitiator.Local)]
    [InlineData("pipe/1", Loss.Reset, 1006, CloseInitiator.Transport)]
    [InlineData("pipe/1", Loss.Kill, 1000, CloseInitiator.Local)]
    public async Task Each_loss_is_reported_once(string token, Loss loss, int code, CloseInitiator initiator)
    {
        Assert.SkipWhen(loss == Loss.Kill && !File.Exists("/bin/bash"), "It needs a bash to kill.");
        var life = new TestLife();
        await using var host = await StartAsync(life);
        var (message, half) = token == "websocket"
            ? (ClientFrames.Text("hello"), ClientFrames.Text("to be cut")[..9])
            : ("hello\n"u8.ToArray(), "to be cut"u8.ToArray());
        var upgrade = token == "websocket" ? TestClient.Upgrade("/ws") : TestClient.UpgradeRaw("/raw", token);
        TestHandler handler;
        if (loss == Loss.Kill)
        {
            using var process = Connect(host, upgrade, message);
            handler = await life.NextAsync();
            // All of the answer: with unread bytes, the kernel resets the connection of a killed process.
            await AnsweredAsync(process, token == "websocket" ? "hello" : "hello\n");
            process.Kill();
        }
        else
        {
            using var socket = await host.SocketAsync(host.EndPoint);
            await socket.SendAsync(System.Text.Encoding.Latin1.GetBytes(upgrade));
            await socket.SendAsync(message);
            handler = await life.NextAsync();
            await ReceiveUntilAsync(socket, "hello");
            if (loss is Loss.FinInside or Loss.ResetInside)
            {
                await socket.SendAsync(half);
            }

            if (loss is Loss.Fin or Loss.FinInside)
            {
                socket.Shutdown(SocketShutdown.Both);
            }
            else
            {
                socket.Close(timeout: 0);
            }
        }

        await handler.Disposed;
        var close = Assert.Single(handler.Disconnections);
        Assert.Equal((code, initiator), (close.Code, close.Initiator));
        Assert.Equal((1, 1), (handler.ConnectedCount, handler.DisposalCount));
        await Eventually.TrueAsync(() => host.Engine.Hub.Count == 0, "the connection is forgotten");
        Assert.DoesNotContain(host.Logs.Entries, entry => entry.Level > LogLevel.Information || (entry.Level > LogLevel.Debug && entry.Id is >= 10 and < 200));
    }

    [Theory, Trait("rule", "N8")]
    [InlineData("lines/1", CloseInitiator.Peer)]
    [InlineData("pipe/1", CloseInitiator.Local)]
    public async Task A_client_that_closed_one_direction_gets_the_rest_of_the_other(string token, CloseInitiator initiator)
    {
        var life = new TestLife();
        await using var host = await StartAsync(life);
        var client = await host.ConnectAsync();
        await client.OpenRawAsync("/raw", token);
        var handler = await life.NextAsync();
        await client.SendAsync(string.Concat(Enumerable.Repeat("line\n", 20_000)));

        client.Shut();

        Assert.Equal(100_000, (await client.RestAsync()).Length);
        await handler.Disposed;
        var close = Assert.Single(handler.Disconnections);
        Assert.Equal((1000, initiator), (close.Code, close.Initiator));
    }

    private static Task<TransportHost> StartAsync(TestLife life) => TransportHost.StartAsync(configure: builder =>
    {
        builder.AddProtocol(TestProtocol.Raw(life, TestProtocol.Echo, "/ws"));
        builder.AddProtocol(TestProtocol.Lines(life, TestProtocol.Echo, "/raw"));
        builder.AddProtocol(TestProtocol.Pipe(life, (handler, pipe) => pipe.Input.CopyToAsync(pipe.Output, handler.Connection.Closed), "/raw"));
    });

    /// <summary>Starts a process that only opens a connection and writes the received bytes to its output.</summary>
    private static Process Connect(TransportHost host, string upgrade, byte[] message)
    {
        var bytes = string.Concat(System.Text.Encoding.Latin1.GetBytes(upgrade).Concat(message).Select(b => $"\\x{b:x2}"));
        var start = new ProcessStartInfo("/bin/bash") { RedirectStandardOutput = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("exec 3<>/dev/tcp/127.0.0.1/$1; printf \"$2\" >&3; while LC_ALL=C IFS= read -r -N 1 -u 3 byte; do printf '%s' \"$byte\"; done");
        start.ArgumentList.Add("client");
        start.ArgumentList.Add($"{host.Addresses[0].Port}");
        start.ArgumentList.Add(bytes);
        return Process.Start(start)!;
    }

    private static async Task AnsweredAsync(Process process, string answer)
    {
        var seen = "";
        var buffer = new char[100];
        while (!seen.Contains(answer, StringComparison.Ordinal))
        {
            var count = await process.StandardOutput.ReadAsync(buffer).AsTask().WaitAsync(Patience.Limit);
            Assert.NotEqual(0, count);
            seen += new string(buffer, 0, count);
        }
    }

    private static async Task ReceiveUntilAsync(Socket socket, string mark)
    {
        var seen = "";
        var buffer = new byte[1000];
        while (!seen.Contains(mark, StringComparison.Ordinal))
        {
            var count = await socket.ReceiveAsync(buffer).WaitAsync(Patience.Limit);
            Assert.NotEqual(0, count);
            seen += System.Text.Encoding.Latin1.GetString(buffer, 0, count);
        }
    }
}
