using System.IO.Pipelines;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>An accepted upgrade: the application may still refuse it, then comes the 101 and the connection's life.</summary>
internal sealed class UpgradeExchange(UpgradeEngine engine, IUpgradeHttp http, UpgradeRequest request, Decision.Upgraded decision)
{
    // An [OnUpgrading] method that was too late: its handler and services live until it has ended.
    private Task _late = Task.CompletedTask;

    /// <summary>Upgrades the connection; what is left to do is its session's. Null when the upgrade was refused, and answered.</summary>
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
                UpgradeResult.Refuse(503, $"{entry.DisplayName} has as many connections as it may have: connect again later."), RefusalReason.TooManyConnections);
            return null;
        }

        request.SharePath(entry.Path);
        var services = http.Services is { } given ? new ConnectionServices(given) : new ConnectionServices(engine.Scopes);
        var connection = new UpgradeConnection(engine.Hub, entry, request, decision.PathValues, services, limit);
        var isStarted = false;
        try
        {
            var started = await StartAsync(entry, connection);
            isStarted = started is not null;
            return started;
        }
        finally
        {
            // Where there is a session, it does so at its end.
            if (!isStarted)
            {
                await connection.ReleaseAsync();
            }
        }
    }

    private async Task<StartedSession?> StartAsync(ProtocolEntry entry, UpgradeConnection connection)
    {
        var (handler, result, reason) = await AskAsync(entry, connection);
        if (handler is null || !result.IsAccepted)
        {
            try
            {
                await RefuseAsync(result, reason);
            }
            finally
            {
                await _late;
                await DisposeAsync(handler, connection);
            }

            return null;
        }

        IDuplexPipe? pipe;
        try
        {
            // N10: the 101 is in the pipe before the new protocol can write a byte.
            pipe = await http.SwitchAsync();
        }
        catch
        {
            await DisposeAsync(handler, connection);
            throw;
        }

        if (pipe is null)
        {
            await RefuseAsync(
                UpgradeResult.Refuse(503, "The server has as many upgraded connections as it may have: connect again later."), RefusalReason.TooManyConnections);
            await DisposeAsync(handler, connection);
            return null;
        }

        return new StartedSession(entry.Dispatcher.CreateSession(connection, handler), pipe, http.Abort, http.Stopping);
    }

    // Without a session nobody else does.
    private static async Task DisposeAsync(object? handler, UpgradeConnection connection)
    {
        foreach (var owned in (object?[])[handler, connection.RateLimiter])
        {
            if (owned is not null)
            {
                await HandlerDisposal.DisposeAsync(owned, connection);
            }
        }
    }

    // The filters, and inside of them the handler.
    private async Task<(object? Handler, UpgradeResult Result, RefusalReason Reason)> AskAsync(ProtocolEntry entry, UpgradeConnection connection)
    {
        object? handler = null;
        var reason = RefusalReason.Application;
        try
        {
            // Who asks is found out by a middleware or by the option, else by the handler's own method: then that is called first.
            var rule = http.User is null ? engine.RuleOf(entry) : null;
            var isKnown = await AuthenticateAsync(connection);
            if (rule is not null && isKnown && await UpgradeGuard.CheckAsync(connection, rule) is { } forbidden)
            {
                return (null, forbidden, RefusalReason.Unauthorized);
            }

            var result = await engine.Hub.Filters.UpgradeAsync(connection, AskHandlerAsync);
            if (rule is not null && !isKnown && result.IsAccepted && await UpgradeGuard.CheckAsync(connection, rule) is { } refused)
            {
                return (handler, refused, RefusalReason.Unauthorized);
            }

            if (result.IsAccepted)
            {
                if (handler is null)
                {
                    throw new InvalidOperationException("A filter accepted the upgrade without calling next, so that there is no handler.");
                }

                connection.RateLimiter = engine.Options.MessageRateLimiter?.Invoke(connection);
                AgreeOnCompression(connection);

                // It writes nothing when one of the handler's fields can't stand in a 101.
                http.WriteAccept(decision.Token, FieldsOf101(result, connection.Compression));
            }

            return (handler, result, reason);
        }
        catch (Exception e)
        {
            HostingLog.UpgradeFailed(engine.Logger, e, entry.DisplayName, LogText.Of(request.Path));
            return (handler, UpgradeResult.Refuse(500, "The server failed to start the protocol."), RefusalReason.Failed);
        }

        ValueTask<UpgradeResult> AskHandlerAsync(UpgradeConnection connection)
        {
            if (handler is not null)
            {
                throw new InvalidOperationException("A filter called next twice.");
            }

            if (entry.Dispatcher.CheckRequest(connection) is { } problem)
            {
                reason = RefusalReason.InvalidValue;
                return new(UpgradeResult.Refuse(400, problem));
            }

            handler = entry.Dispatcher.CreateHandler(connection);
            var upgrading = entry.Dispatcher.OnUpgradingAsync(handler, connection);
            return upgrading.IsCompleted ? upgrading : new(InTimeAsync(upgrading.AsTask(), connection));
        }
    }

    private async ValueTask<bool> AuthenticateAsync(UpgradeConnection connection)
    {
        if (http.User is { } user)
        {
            connection.Renew(user.Principal, user.Expires);
            return true;
        }

        if (engine.Options.Authenticate is not { } authenticate)
        {
            return false;
        }

        // It may have called Renew itself, to say when the login expires.
        if (await authenticate(connection) is { } principal && connection.User != principal)
        {
            connection.User = principal;
        }

        return true;
    }

    private async Task<UpgradeResult> InTimeAsync(Task<UpgradeResult> upgrading, UpgradeConnection connection)
    {
        if (await AnswerDeadline.IsMetAsync(upgrading, engine.Hub.Clock, engine.Options.AnswerTimeout))
        {
            return await upgrading;
        }

        HostingLog.AnswerTooLate(engine.Logger, LogText.Of(request.Method), LogText.Of(request.Path), engine.Options.AnswerTimeout.TotalSeconds);
        connection.TryClose(new CloseInfo(WebSocketCloseCode.AbnormalClosure, "", CloseInitiator.Local));
        _late = WatchAsync(upgrading, connection);
        return UpgradeResult.Refuse(503, "The server takes too long to decide: connect again later.");
    }

    private async Task WatchAsync(Task upgrading, UpgradeConnection connection)
    {
        try
        {
            await upgrading;
        }
        catch (OperationCanceledException) when (connection.Closed.IsCancellationRequested)
        {
            // As it was told to.
        }
        catch (Exception e)
        {
            HostingLog.UpgradeFailed(engine.Logger, e, connection.Entry.DisplayName, LogText.Of(request.Path));
        }
    }

    private Task RefuseAsync(UpgradeResult result, RefusalReason reason)
    {
        engine.TellRefusal(request, result.StatusCode, reason, LogText.Of(result.Body));
        var response = RegularResponse.Text(result.Body + "\n", result.StatusCode);
        foreach (var (name, value) in result.Fields)
        {
            response = response.WithField(name, value);
        }

        return http.RefuseAsync(response);
    }

    // Malformed lists were refused before; here an offer is taken or left.
    private void AgreeOnCompression(UpgradeConnection connection)
    {
        List<string> offers = [];
        if (connection.Entry is { Compression: true, Kind: UpgradeKind.WebSocket } && request.Fields.TryGetList("Sec-WebSocket-Extensions", offers))
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

        return result is null ? [.. fields] : [.. fields, .. result.Fields];
    }

    // S5, as OCPP-J asks: the client learns by a Close, not by a failed handshake, that its subprotocols are unknown.
    private async Task CloseMismatchAsync()
    {
        engine.TellRefusal(request, 101, RefusalReason.Subprotocol, "None of the subprotocols is known: closed with 1002.");
        http.WriteAccept(decision.Token, FieldsOf101(result: null, compression: null));
        if (await http.SwitchAsync() is { } pipe)
        {
            FrameWriter.WriteClose(pipe.Output, WebSocketCloseCode.ProtocolError, "None of the subprotocols asked for is known here.");
            await http.EndAsync(pipe);
        }
    }
}

/// <summary>
/// A connection that has been upgraded. It is handed back to whoever serves the connection, so that nothing of the HTTP before it
/// is held for the connection's life.
/// </summary>
/// <param name="Session">What talks with the peer.</param>
/// <param name="Pipe">The connection's bytes.</param>
/// <param name="Abort">Ends the connection at once.</param>
/// <param name="Stopping">Is cancelled when the transport wants its connections to end.</param>
internal sealed record StartedSession(ConnectionSession Session, IDuplexPipe Pipe, TransportAbort Abort, CancellationToken Stopping)
{
    public Task RunAsync() => Session.RunAsync(Pipe, Abort, Stopping);
}
