using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>
/// The application's part of an upgrade: authentication, authorization, the filters and the handler. It is application code and may hang at
/// each step.
/// </summary>
internal sealed class UpgradeQuestion(UpgradeEngine engine, IUpgradeHttp http, ProtocolEntry entry, UpgradeConnection connection)
{
    private volatile string _step = "";
    private volatile bool _isGivenUp;
    private object? _handler;
    private RefusalReason _reason = RefusalReason.Application;

    /// <summary>The current step, as a warning names it.</summary>
    public string Step => _step;

    private string Handler => entry.HandlerType.Name;

    /// <summary>Runs the steps. Never throws.</summary>
    public async Task<UpgradeAnswer> AskAsync()
    {
        try
        {
            var result = await DecideAsync();
            return new UpgradeAnswer(_handler, result, _reason);
        }
        catch (OperationCanceledException) when (_isGivenUp)
        {
            // The cancellation was requested.
            return new UpgradeAnswer(_handler, UpgradeResult.Refuse(503, ""), RefusalReason.Application);
        }
        catch (UnusableUserException e)
        {
            return new UpgradeAnswer(_handler, UpgradeResult.Refuse(403, e.Message), RefusalReason.Unauthorized);
        }
        catch (Exception e)
        {
            HostingLog.UpgradeFailed(engine.Logger, e, entry.DisplayName, LogText.Of(connection.Request.Path));
            return new UpgradeAnswer(_handler, UpgradeResult.Refuse(500, "The server failed to start the protocol: its log has the exception."), RefusalReason.Failed);
        }
    }

    /// <summary>The answer is no longer awaited: <see cref="UpgradeConnection.Closed"/> notifies the application.</summary>
    public void GiveUp()
    {
        _isGivenUp = true;
        connection.Conversation.TryClose(new CloseInfo(WebSocketCloseCode.AbnormalClosure, "", CloseInitiator.Local));
    }

    // The filters run, and inside of them the handler.
    private async Task<UpgradeResult> DecideAsync()
    {
        // A middleware or the option authenticates the request; otherwise the handler's own method does. Then that method runs before the
        // rule is checked.
        var rule = http.IsGuarded ? null : engine.RuleOf(entry);
        var isKnown = await AuthenticateAsync();
        if (isKnown && await GuardAsync(rule) is { } forbidden)
        {
            return forbidden;
        }

        var result = await engine.Hub.Filters.UpgradeAsync(connection, AskHandlerAsync, step => _step = step);
        if (!result.IsAccepted)
        {
            return result;
        }

        // A filter or the handler may have set another user.
        if (await GuardAsync(isKnown ? null : rule) is { } refused)
        {
            return refused;
        }

        if (_handler is null)
        {
            throw new InvalidOperationException("A filter accepted the upgrade without a call of next, so there is no handler.");
        }

        _step = "options.MessageRateLimiter";
        connection.RateLimiter = engine.Options.MessageRateLimiter?.Invoke(connection);
        return result;
    }

    private async ValueTask<bool> AuthenticateAsync()
    {
        _step = "the application's authentication";
        if (await http.FindUserAsync() is { } user)
        {
            connection.SetUser(user.Principal, user.Expires);
            return true;
        }

        if (engine.Options.Authenticate is not { } authenticate)
        {
            return false;
        }

        // The option's function may have called SetUser itself, to set the login's expiry.
        _step = "options.Authenticate";
        if (await authenticate(connection, connection.Closed) is { } principal && connection.User != principal)
        {
            connection.SetUser(principal);
        }

        return true;
    }

    private async ValueTask<UpgradeResult?> GuardAsync(AccessRule? rule)
    {
        _step = $"the authorization of {Handler}";
        var refusal = await UpgradeGuard.CheckAsync(connection, rule);
        _reason = refusal is null ? _reason : RefusalReason.Unauthorized;
        return refusal;
    }

    private ValueTask<UpgradeResult> AskHandlerAsync(UpgradeConnection connection)
    {
        if (_handler is not null)
        {
            throw new InvalidOperationException("A filter called next twice.");
        }

        if (entry.Dispatcher.CheckRequest(connection) is { } problem)
        {
            _reason = RefusalReason.InvalidValue;
            return new(UpgradeResult.Refuse(400, problem));
        }

        _step = $"the constructor of {Handler}, or of a service that it takes";
        _handler = entry.Dispatcher.CreateHandler(connection);
        _step = $"[OnUpgrading] of {Handler}";
        return entry.Dispatcher.OnUpgradingAsync(_handler, connection);
    }
}

/// <summary>The application's answer.</summary>
/// <param name="Handler">The handler, if it was created.</param>
/// <param name="Result">The decision.</param>
/// <param name="Reason">The reason of a refusal.</param>
internal sealed record UpgradeAnswer(object? Handler, UpgradeResult Result, RefusalReason Reason);
