using System.IO.Pipelines;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>An accepted upgrade: the application may still refuse it; otherwise the 101 and the connection's session follow.</summary>
internal sealed class UpgradeExchange(UpgradeEngine engine, IUpgradeHttp http, UpgradeRequest request, Decision.Upgraded decision)
{
    /// <summary>Upgrades the connection and returns its session; null if the upgrade was refused and the response was sent.</summary>
    public async Task<StartedSession?> StartAsync()
    {
        if (decision.Route is not ProtocolEntry entry)
        {
            await CloseMismatchAsync();
            return null;
        }

        var limit = engine.LimitOf(entry);
        if (limit is not null && !limit.TryEnter())
        {
            await RefuseAsync(
                UpgradeResult.Refuse(503, $"{entry.DisplayName} has reached its connection limit: connect again later."), RefusalReason.TooManyConnections);
            return null;
        }

        request.SharePath(entry.Path);
        var services = http.Services is { } given ? new ConnectionServices(given) : new ConnectionServices(engine.Scopes);
        var connection = new UpgradeConnection(engine.Hub, entry, request, decision.RouteValues, services, limit);
        var question = new UpgradeQuestion(engine, http, entry, connection);

        // The code runs outside the transport's thread: a blocking constructor would hold up other connections, and its own deadline.
        var starting = Task.Factory.StartNew(question.AskAsync, CancellationToken.None, TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
        var asking = starting.Unwrap();
        switch (await WaitAsync(starting, asking, entry.Kind))
        {
            case AnswerOutcome.InTime:
                return await StartAsync(entry, connection, await asking);
            case AnswerOutcome.TooLate:
                await GiveUpAsync(question, connection, asking, RefuseLateAsync(question));
                return null;
            default:
                HostingLog.ClientLeft(engine.Logger, LogText.Of(request.Method), LogText.Of(request.Path), question.Step);
                http.Abort.Invoke();
                await GiveUpAsync(question, connection, asking, Task.CompletedTask);
                return null;
        }
    }

    private async Task<AnswerOutcome> WaitAsync(Task starting, Task asking, UpgradeKind kind)
    {
        using var deadline = new AnswerDeadline(engine.Hub.Clock, engine.Options.AnswerTimeout);
        if (await deadline.WaitAsync(starting) == AnswerOutcome.TooLate)
        {
            return AnswerOutcome.TooLate;
        }

        if (asking.IsCompleted)
        {
            return AnswerOutcome.InTime;
        }

        // A WebSocket needs both directions until its end; the client of another protocol may have sent everything it has to send (N8).
        await using var client = http.WatchClient(leavesByFin: kind == UpgradeKind.WebSocket);
        return await deadline.WaitAsync(asking, client);
    }

    private Task RefuseLateAsync(UpgradeQuestion question)
    {
        HostingLog.AnswerTooLate(
            engine.Logger, LogText.Of(request.Method), LogText.Of(request.Path), question.Step, engine.Options.AnswerTimeout.TotalSeconds);
        return RefuseAsync(UpgradeResult.Refuse(503, "The server took too long to answer: connect again later."), RefusalReason.Application);
    }

    /// <summary>
    /// Releases the connection's place in the limits; its handler and services live until the code that uses them ends.
    /// </summary>
    private async Task GiveUpAsync(UpgradeQuestion question, UpgradeConnection connection, Task<UpgradeAnswer> asking, Task answering)
    {
        question.GiveUp();
        connection.LeaveLimit();
        var late = DisposeAfterAsync(asking, connection);
        try
        {
            await answering;
        }
        finally
        {
            await http.KeepUntilAsync(late);
        }
    }

    private static async Task DisposeAfterAsync(Task<UpgradeAnswer> asking, UpgradeConnection connection) =>
        await DisposeAsync((await asking).Handler, connection);

    private async Task<StartedSession?> StartAsync(ProtocolEntry entry, UpgradeConnection connection, UpgradeAnswer answer)
    {
        var isStarted = false;
        try
        {
            var (result, reason) = Prepare(entry, connection, answer);
            if (!result.IsAccepted)
            {
                await RefuseAsync(result, reason);
                return null;
            }

            // N10: the 101 is in the pipe before the new protocol can write a byte.
            if (await http.SwitchAsync() is not { } pipe)
            {
                await RefuseAsync(
                    UpgradeResult.Refuse(503, "The server has reached its connection limit: connect again later."), RefusalReason.TooManyConnections);
                return null;
            }

            isStarted = true;
            return new StartedSession(new HandlerSession(connection, answer.Handler!), pipe, http.Abort, http.Traits, http.Stopping);
        }
        finally
        {
            // A session releases these at its own end.
            if (!isStarted)
            {
                await ReleaseAsync(answer.Handler, connection);
            }
        }
    }

    /// <summary>Writes the 101; returns a refusal if a header of the handler isn't valid in it.</summary>
    private (UpgradeResult Result, RefusalReason Reason) Prepare(ProtocolEntry entry, UpgradeConnection connection, UpgradeAnswer answer)
    {
        if (answer.Result.IsAccepted)
        {
            try
            {
                AgreeOnCompression(connection);
                http.WriteAccept(decision.Token, FieldsOf101(answer.Result, connection.Compression));
            }
            catch (Exception e)
            {
                HostingLog.UpgradeFailed(engine.Logger, e, entry.DisplayName, LogText.Of(request.Path));
                return (UpgradeResult.Refuse(500, "The server failed to start the protocol: its log has the exception."), RefusalReason.Failed);
            }
        }

        return (answer.Result, answer.Reason);
    }

    // The client has its response: a disposal that hangs keeps no place in the limits.
    private Task ReleaseAsync(object? handler, UpgradeConnection connection)
    {
        connection.LeaveLimit();
        var disposal = DisposeAsync(handler, connection);
        return disposal.IsCompleted ? disposal : http.KeepUntilAsync(disposal);
    }

    // Without a session, only this method disposes them.
    private static async Task DisposeAsync(object? handler, UpgradeConnection connection)
    {
        foreach (var owned in (object?[])[handler, connection.RateLimiter])
        {
            if (owned is not null)
            {
                await HandlerDisposal.DisposeAsync(owned, connection);
            }
        }

        await connection.ReleaseAsync();
    }

    private Task RefuseAsync(UpgradeResult result, RefusalReason reason)
    {
        engine.TellRefusal(request, result.StatusCode, reason, LogText.Of(result.Body));
        var response = RegularResponse.Text(result.Body + "\n", result.StatusCode);
        foreach (var (name, value) in result.Headers)
        {
            response = response.WithHeader(name, value);
        }

        return http.RefuseAsync(response);
    }

    // Malformed lists were refused earlier; here an offer is accepted or declined.
    private void AgreeOnCompression(UpgradeConnection connection)
    {
        List<string> offers = [];
        if (connection.Entry is { Compression: true, Kind: UpgradeKind.WebSocket } && request.Headers.TryGetList("Sec-WebSocket-Extensions", offers))
        {
            connection.Compression = DeflateOffer.Negotiate(offers, engine.Hub.Deflate, out _);
        }
    }

    private KeyValuePair<string, string>[] FieldsOf101(UpgradeResult? result, DeflateAgreement? compression)
    {
        var fields = new List<KeyValuePair<string, string>>();
        if (decision.Accept is { } accept)
        {
            fields.Add(new("Sec-WebSocket-Accept", accept));
        }

        if (decision.Subprotocol is { } subprotocol)
        {
            fields.Add(new("Sec-WebSocket-Protocol", subprotocol));
        }

        if (compression is not null)
        {
            fields.Add(new("Sec-WebSocket-Extensions", compression.ToHeaderValue()));
        }

        return result is null ? [.. fields] : [.. fields, .. result.Headers];
    }

    // S5, as OCPP-J requires: a Close, not a failed handshake, notifies the client that its subprotocols are unknown.
    private async Task CloseMismatchAsync()
    {
        engine.TellRefusal(request, 101, RefusalReason.Subprotocol, "None of the subprotocols is known: closed with 1002.");
        http.WriteAccept(decision.Token, FieldsOf101(result: null, compression: null));
        if (await http.SwitchAsync() is { } pipe)
        {
            FrameWriter.WriteClose(pipe.Output, WebSocketCloseCode.ProtocolError, "The server supports none of the requested subprotocols.");
            await http.EndAsync(pipe);
        }
    }
}

/// <summary>
/// An upgraded connection. It is returned to the code that serves the connection, so that nothing of the HTTP phase is held for the
/// connection's life.
/// </summary>
/// <param name="Session">The protocol session with the peer.</param>
/// <param name="Pipe">The connection's bytes.</param>
/// <param name="Abort">Aborts the connection.</param>
/// <param name="Traits">The traits that determine how the connection ends.</param>
/// <param name="Stopping">Is cancelled when the transport asks its connections to end.</param>
internal sealed record StartedSession(
    HandlerSession Session, IDuplexPipe Pipe, TransportAbort Abort, TransportTraits Traits, CancellationToken Stopping)
{
    public Task RunAsync() => Session.RunAsync(Pipe, Abort, Traits, Stopping);
}
