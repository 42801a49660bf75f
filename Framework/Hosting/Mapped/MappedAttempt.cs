using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace UpgradeProtocols;

/// <summary>
/// An upgrade request between routing and its endpoint. If a middleware answers it instead (authorization and rate limits do), that is a
/// refusal of the upgrade with any status code. It is counted and logged like any other refusal.
/// </summary>
internal sealed class MappedAttempt
{
    private readonly UpgradeEngine _engine;
    private readonly MappedEndpoint _endpoint;
    private readonly HttpContext _context;
    private readonly bool _isUpgrade;
    private UpgradeRequest? _request;

    private MappedAttempt(UpgradeEngine engine, MappedEndpoint endpoint, HttpContext context, UpgradeRequest request, bool isUpgrade)
    {
        _isUpgrade = isUpgrade;
        _engine = engine;
        _endpoint = endpoint;
        _context = context;
        _request = request;
    }

    /// <param name="engine">The engine that reports the refusal.</param>
    /// <param name="endpoint">The endpoint that routing selected.</param>
    /// <param name="context">The request.</param>
    /// <param name="request">The same request, without its token.</param>
    /// <param name="isUpgrade">Whether it asks for an upgrade that the path has; if not, only an error status counts as a refusal.</param>
    public static void Watch(UpgradeEngine engine, MappedEndpoint endpoint, HttpContext context, UpgradeRequest request, bool isUpgrade)
    {
        // A request may be routed twice, for an error page.
        if (context.Features.Get<MappedAttempt>() is null)
        {
            var attempt = new MappedAttempt(engine, endpoint, context, request, isUpgrade);
            context.Features.Set(attempt);
            context.Response.OnStarting(attempt.AnswerAsync);
            context.Response.OnCompleted(attempt.CompleteAsync);
        }
    }

    /// <summary>
    /// The request has reached the endpoint, which reports the outcome itself. The connection may live long: the request isn't kept.
    /// </summary>
    public void Arrive() => _request = null;

    private Task AnswerAsync()
    {
        if (_request is { } request && IsRefusal)
        {
            if (_isUpgrade)
            {
                LoginRedirect.Replace(_context, _endpoint);
            }

            Tell(request, _context.Response.StatusCode);
        }

        _request = null;
        return Task.CompletedTask;
    }

    // The server itself responds to an exception of a middleware, and raises no OnStarting event for that response.
    private Task CompleteAsync()
    {
        if (_request is { } request && !_context.RequestAborted.IsCancellationRequested)
        {
            Tell(request, _context.Response.StatusCode is >= 400 and var status ? status : StatusCodes.Status500InternalServerError);
        }

        _request = null;
        return Task.CompletedTask;
    }

    // A success may be an upgrade by another component.
    private bool IsRefusal => _context.Response.StatusCode switch
    {
        >= 400 => true,
        StatusCodes.Status101SwitchingProtocols => false,
        < 300 => _isUpgrade && _context.Features.Get<IHttpExtendedConnectFeature>() is not { IsExtendedConnect: true },
        _ => _isUpgrade,
    };

    private void Tell(UpgradeRequest request, int status) => _engine.TellRefusal(request, status, ReasonOf(status), Explain(status));

    private static RefusalReason ReasonOf(int status) => status switch
    {
        401 or 403 => RefusalReason.Unauthorized,
        >= 500 => RefusalReason.Failed,
        _ => RefusalReason.Application,
    };

    private string Explain(int status) => status switch
    {
        401 => $"{_endpoint.HandlerType.Name} is for users who are logged in, and the application's authentication found none that is valid.",
        403 => $"The user is not authorized for {_endpoint.HandlerType.Name}: [Authorize] on it or RequireAuthorization on its endpoint refused the user.",
        429 => "A rate limit of the application refused the request.",
        >= 300 and < 400 => "A middleware of the application redirects the client.",
        _ => "A middleware of the application answered before the handler.",
    };
}
