using Microsoft.AspNetCore.Http;

namespace UpgradeProtocols;

/// <summary>
/// A request for an upgrade between routing and its endpoint. A middleware that answers it instead (authorization does, and rate limits)
/// has refused the upgrade, and that is counted and logged as any other refusal.
/// </summary>
internal sealed class MappedAttempt
{
    private readonly UpgradeEngine _engine;
    private readonly MappedEndpoint _endpoint;
    private readonly HttpContext _context;
    private UpgradeRequest? _request;

    private MappedAttempt(UpgradeEngine engine, MappedEndpoint endpoint, HttpContext context, UpgradeRequest request)
    {
        _engine = engine;
        _endpoint = endpoint;
        _context = context;
        _request = request;
    }

    public static void Watch(UpgradeEngine engine, MappedEndpoint endpoint, HttpContext context, UpgradeRequest request)
    {
        // A request may be routed twice, for a page that tells of an error.
        if (context.Features.Get<MappedAttempt>() is null)
        {
            var attempt = new MappedAttempt(engine, endpoint, context, request);
            context.Features.Set(attempt);
            context.Response.OnStarting(attempt.AnswerAsync);
        }
    }

    /// <summary>The endpoint has it, and tells itself what becomes of it. The connection may live long: the request isn't kept.</summary>
    public void Arrive() => _request = null;

    private Task AnswerAsync()
    {
        if (_request is { } request
            && _context.Response.StatusCode is >= 400 and var status
            && _context.GetEndpoint()?.Metadata.GetMetadata<MappedEndpoint>() == _endpoint)
        {
            _engine.TellRefusal(request, status, ReasonOf(status), Explain(status));
        }

        return Task.CompletedTask;
    }

    private static RefusalReason ReasonOf(int status) => status switch
    {
        401 or 403 => RefusalReason.Unauthorized,
        >= 500 => RefusalReason.Failed,
        _ => RefusalReason.Application,
    };

    private string Explain(int status) => status switch
    {
        401 => $"{_endpoint.HandlerType.Name} is for users who are logged in, and the application's authentication found none that is valid.",
        403 => $"The user may not use {_endpoint.HandlerType.Name}: its [Authorize], or RequireAuthorization on its endpoint, says who may.",
        429 => "A rate limit of the application refused it.",
        _ => "A middleware of the application answered before the handler was reached.",
    };
}
