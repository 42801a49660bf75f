using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>
/// Everything that the application is asked before an upgrade: who it is, whether they may, what the filters say, and the handler. It
/// is the application's code, and may hang at each step.
/// </summary>
internal sealed class UpgradeQuestion(UpgradeEngine engine, IUpgradeHttp http, ProtocolEntry entry, UpgradeConnection connection)
{
    private volatile string _step = "";
    private volatile bool _isGivenUp;
    private object? _handler;
    private RefusalReason _reason = RefusalReason.Application;

    /// <summary>What is asked just now, as a warning names it.</summary>
    public string Step => _step;

    private string Handler => entry.HandlerType.Name;

    /// <summary>Asks. Never throws.</summary>
    public async Task<UpgradeAnswer> AskAsync()
    {
        try
        {
            var result = await DecideAsync();
            return new UpgradeAnswer(_handler, result, _reason);
        }
        catch (OperationCanceledException) when (_isGivenUp)
        {
            // As it was told to.
            return new UpgradeAnswer(_handler, UpgradeResult.Refuse(503, ""), RefusalReason.Application);
        }
        catch (UnusableUserException e)
        {
            return new UpgradeAnswer(_handler, UpgradeResult.Refuse(403, e.Message), RefusalReason.Unauthorized);
        }
        catch (Exception e)
        {
            HostingLog.UpgradeFailed(engine.Logger, e, entry.DisplayName, LogText.Of(connection.Request.Path));
            return new UpgradeAnswer(_handler, UpgradeResult.Refuse(500, "The server failed to start the protocol."), RefusalReason.Failed);
        }
    }

    /// <summary>Nobody waits for the answer any more: <see cref="UpgradeConnection.Closed"/> tells the application.</summary>
    public void GiveUp()
    {
        _isGivenUp = true;
        connection.TryClose(new CloseInfo(WebSocketCloseCode.AbnormalClosure, "", CloseInitiator.Local));
    }

    // The filters, and inside of them the handler.
    private async Task<UpgradeResult> DecideAsync()
    {
        // Who asks is found out by a middleware or by the option, else by the handler's own method: then that is called first.
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
            throw new InvalidOperationException("A filter accepted the upgrade without calling next, so that there is no handler.");
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
            connection.Renew(user.Principal, user.Expires);
            return true;
        }

        if (engine.Options.Authenticate is not { } authenticate)
        {
            return false;
        }

        // It may have called Renew itself, to say when the login expires.
        _step = "options.Authenticate";
        if (await authenticate(connection) is { } principal && connection.User != principal)
        {
            connection.User = principal;
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

/// <summary>What the application has answered.</summary>
/// <param name="Handler">The handler, where it was made.</param>
/// <param name="Result">The decision.</param>
/// <param name="Reason">Why it is a refusal, where it is one.</param>
internal sealed record UpgradeAnswer(object? Handler, UpgradeResult Result, RefusalReason Reason);
