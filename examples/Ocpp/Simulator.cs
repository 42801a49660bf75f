using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using System.Threading.Channels;
using Microsoft.Extensions.Configuration;

namespace Ocpp;

/// <summary>
/// A charge point with one connector, on .NET's own WebSocket client:
/// <c>--simulate --server ws://localhost:5084/ocpp --id cp-1 --password secret --meter 1</c> (seconds between meter values).
/// </summary>
internal sealed class Simulator(ClientWebSocket socket, TimeSpan meterInterval)
{
    internal const string Password = "secret";

    private const int Readings = 3;

    private readonly Channel<JsonArray> _answers = Channel.CreateUnbounded<JsonArray>();
    private readonly Channel<string> _tags = Channel.CreateUnbounded<string>();
    private readonly SemaphoreSlim _sending = new(1, 1);
    private bool _isCharging;
    private int _lastId;
    private int _meter = 1000;

    public static async Task<int> RunAsync(string[] args)
    {
        var options = new ConfigurationBuilder().AddCommandLine([.. args.Where(argument => argument != "--simulate")]).Build();
        var id = options["id"] ?? "cp-1";
        using var stop = new CancellationTokenSource();
        Console.CancelKeyPress += (_, pressed) =>
        {
            pressed.Cancel = true;
            stop.Cancel();
        };
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("ocpp1.6");
        socket.Options.SetRequestHeader(
            "Authorization", "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{id}:{options["password"] ?? Password}")));
        try
        {
            await socket.ConnectAsync(new Uri($"{options["server"] ?? "ws://localhost:5084/ocpp"}/{Uri.EscapeDataString(id)}"), stop.Token);
            var interval = TimeSpan.FromSeconds(double.Parse(options["meter"] ?? "1", CultureInfo.InvariantCulture));
            await new Simulator(socket, interval).LiveAsync(stop.Token);
            return 0;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 0;
        }
        catch (WebSocketException e)
        {
            await Console.Error.WriteLineAsync($"The connection failed: {e.Message}");
            return 1;
        }
    }

    private async Task LiveAsync(CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var charging = ChargeAsync(end.Token);
        try
        {
            await await Task.WhenAny(ReceiveAsync(end.Token), charging);
        }
        finally
        {
            await end.CancelAsync();
        }

        if (socket.State == WebSocketState.CloseReceived)
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        }

        Console.WriteLine($"Closed by the server: {(int?)socket.CloseStatus} {socket.CloseStatusDescription}");
    }

    /// <summary>Boots, and charges on each request. Between two transactions it sends heartbeats.</summary>
    private async Task ChargeAsync(CancellationToken cancellationToken)
    {
        var boot = await CallAsync(
            "BootNotification", new BootNotification("Example", "Simulator", FirmwareVersion: "1.0"), OcppJson.Default.BootNotification, OcppJson.Default.BootAnswer, cancellationToken);
        Console.WriteLine($"Booted: {boot.Status}, heartbeat every {boot.Interval} s");
        await StatusAsync(ConnectorStatus.Available, cancellationToken);
        while (true)
        {
            using var pause = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            pause.CancelAfter(TimeSpan.FromSeconds(Math.Max(boot.Interval, 1)));
            try
            {
                await TransactAsync(await _tags.Reader.ReadAsync(pause.Token), cancellationToken);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                await CallAsync("Heartbeat", new Heartbeat(), OcppJson.Default.Heartbeat, OcppJson.Default.HeartbeatAnswer, cancellationToken);
            }
        }
    }

    private async Task TransactAsync(string tag, CancellationToken cancellationToken)
    {
        var allowed = await CallAsync("Authorize", new Authorize(tag), OcppJson.Default.Authorize, OcppJson.Default.AuthorizeAnswer, cancellationToken);
        if (allowed.IdTagInfo.Status != AuthorizationStatus.Accepted)
        {
            Console.WriteLine($"{tag} is not authorized to charge: {allowed.IdTagInfo.Status}");
            Volatile.Write(ref _isCharging, false);
            return;
        }

        var started = await CallAsync(
            "StartTransaction", new StartTransaction(1, tag, _meter, DateTimeOffset.UtcNow), OcppJson.Default.StartTransaction, OcppJson.Default.StartTransactionAnswer, cancellationToken);
        await StatusAsync(ConnectorStatus.Charging, cancellationToken);
        for (var reading = 0; reading < Readings; reading++)
        {
            await Task.Delay(meterInterval, cancellationToken);
            _meter += 50;
            var value = new MeterValue(DateTimeOffset.UtcNow, [new SampledValue(_meter.ToString(CultureInfo.InvariantCulture), "Energy.Active.Import.Register", "Wh")]);
            await CallAsync("MeterValues", new MeterValues(1, [value], started.TransactionId), OcppJson.Default.MeterValues, cancellationToken);
        }

        await CallAsync(
            "StopTransaction", new StopTransaction(started.TransactionId, _meter, DateTimeOffset.UtcNow, tag, "EVDisconnected"), OcppJson.Default.StopTransaction, cancellationToken);
        await StatusAsync(ConnectorStatus.Available, cancellationToken);
        Volatile.Write(ref _isCharging, false);
        Console.WriteLine($"Transaction {started.TransactionId} for {tag} ended at {_meter} Wh");
    }

    private Task<JsonObject> StatusAsync(ConnectorStatus status, CancellationToken cancellationToken) =>
        CallAsync("StatusNotification", new StatusNotification(1, "NoError", status, DateTimeOffset.UtcNow), OcppJson.Default.StatusNotification, cancellationToken);

    private async Task<TAnswer> CallAsync<T, TAnswer>(
        string action, T payload, JsonTypeInfo<T> type, JsonTypeInfo<TAnswer> answerType, CancellationToken cancellationToken) =>
        (await CallAsync(action, payload, type, cancellationToken)).Deserialize(answerType)!;

    // Only ChargeAsync makes calls, so there is one call at a time.
    private async Task<JsonObject> CallAsync<T>(string action, T payload, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        var id = (++_lastId).ToString(CultureInfo.InvariantCulture);
        await SendAsync(new JsonArray(2, id, action, JsonSerializer.SerializeToNode(payload, type)), cancellationToken);
        while (true)
        {
            var answer = await _answers.Reader.ReadAsync(cancellationToken);
            if ((string?)answer[1] == id)
            {
                return (int)answer[0]! == 3
                    ? answer[2]!.AsObject()
                    : throw new WebSocketException($"{action} was answered with {(string?)answer[2]}: {(string?)answer[3]}");
            }
        }
    }

    private async Task ReceiveAsync(CancellationToken cancellationToken)
    {
        while (await ReadAsync(cancellationToken) is { } message)
        {
            if ((int)message[0]! == 2)
            {
                await AnswerAsync(message, cancellationToken);
            }
            else
            {
                await _answers.Writer.WriteAsync(message, cancellationToken);
            }
        }
    }

    private Task AnswerAsync(JsonArray call, CancellationToken cancellationToken)
    {
        var id = (string)call[1]!;
        if ((string?)call[2] != "RemoteStartTransaction")
        {
            return SendAsync(new JsonArray(4, id, "NotImplemented", "The simulator doesn't support this action.", new JsonObject()), cancellationToken);
        }

        // The connector is occupied until its transaction has ended.
        var start = call[3].Deserialize(OcppJson.Default.RemoteStartTransaction)!;
        var isFree = start.ConnectorId is null or 1 && !Interlocked.Exchange(ref _isCharging, true);
        if (isFree)
        {
            _tags.Writer.TryWrite(start.IdTag);
        }

        var answer = new RemoteStartAnswer(isFree ? RemoteStartStatus.Accepted : RemoteStartStatus.Rejected);
        return SendAsync(new JsonArray(3, id, JsonSerializer.SerializeToNode(answer, OcppJson.Default.RemoteStartAnswer)), cancellationToken);
    }

    private async Task<JsonArray?> ReadAsync(CancellationToken cancellationToken)
    {
        using var message = new MemoryStream();
        var buffer = new byte[4096];
        while (true)
        {
            var read = await socket.ReceiveAsync(buffer.AsMemory(), cancellationToken);
            if (read.MessageType == WebSocketMessageType.Close)
            {
                return null;
            }

            message.Write(buffer, 0, read.Count);
            if (read.EndOfMessage)
            {
                return JsonNode.Parse(message.GetBuffer().AsSpan(0, (int)message.Length))!.AsArray();
            }
        }
    }

    private async Task SendAsync(JsonArray message, CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken);
        try
        {
            await socket.SendAsync(Encoding.UTF8.GetBytes(message.ToJsonString()), WebSocketMessageType.Text, endOfMessage: true, cancellationToken);
        }
        finally
        {
            _sending.Release();
        }
    }
}
