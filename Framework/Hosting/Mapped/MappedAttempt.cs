using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace UpgradeProtocols;

/// <summary>
/// A request for an upgrade between routing and its endpoint. A middleware that answers it instead (authorization does, and rate limits)
/// has refused the upgrade, whatever the status is, and that is counted and logged as any other refusal.
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

    /// <param name="engine">Is told of a refusal.</param>
    /// <param name="endpoint">Where routing has sent the request.</param>
    /// <param name="context">The request.</param>
    /// <param name="request">The same, without its token.</param>
    /// <param name="isUpgrade">Whether it asks for an upgrade that the path has; another one is refused by an error alone.</param>
    public static void Watch(UpgradeEngine engine, MappedEndpoint endpoint, HttpContext context, UpgradeRequest request, bool isUpgrade)
    {
        // A request may be routed twice, for a page that tells of an error.
        if (context.Features.Get<MappedAttempt>() is null)
        {
            var attempt = new MappedAttempt(engine, endpoint, context, request, isUpgrade);
            context.Features.Set(attempt);
            context.Response.OnStarting(attempt.AnswerAsync);
            context.Response.OnCompleted(attempt.CompleteAsync);
        }
    }

    /// <summary>The endpoint has it, and tells itself what becomes of it. The connection may live long: the request isn't kept.</summary>
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

    // What a middleware throws is answered by the server itself, which doesn't say so when it starts.
    private Task CompleteAsync()
    {
        if (_request is { } request && !_context.RequestAborted.IsCancellationRequested)
        {
            Tell(request, _context.Response.StatusCode is >= 400 and var status ? status : StatusCodes.Status500InternalServerError);
        }

        _request = null;
        return Task.CompletedTask;
    }

    // A success may be an upgrade by somebody else.
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
        403 => $"The user is not authorized for {_endpoint.HandlerType.Name}, by its [Authorize] or by RequireAuthorization on its endpoint.",
        429 => "A rate limit of the application refused it.",
        >= 300 and < 400 => "A middleware of the application sends the client elsewhere.",
        _ => "A middleware of the application answered before the handler was reached.",
    };
}
