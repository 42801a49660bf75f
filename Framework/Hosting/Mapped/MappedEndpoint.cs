using System.Globalization;
using Microsoft.AspNetCore.Http;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>The protocols of one handler class on one path, as an endpoint of ASP.NET Core.</summary>
internal sealed class MappedEndpoint(UpgradeEngine engine, PathProtocols path, Type handlerType)
{
    /// <summary>All protocols of the path, of any handler.</summary>
    public PathProtocols Path => path;

    public Type HandlerType => handlerType;

    /// <summary>Watches an upgrade request that routing has sent here: a middleware may answer it before it arrives.</summary>
    public void Expect(HttpContext context, UpgradeRequest request, bool isUpgrade) =>
        MappedAttempt.Watch(engine, this, context, request, isUpgrade);

    public async Task ServeAsync(HttpContext context)
    {
        context.Features.Get<MappedAttempt>()?.Arrive();
        var http = new MappedHttp(engine, context);
        try
        {
            var request = MappedRequest.Create(context);

            // If routing found no upgrade to authenticate, the token is still in the request.
            engine.TakeToken(request);
            switch (engine.Decide(request, path))
            {
                case Decision.Upgraded when MappedAccess.IsUnasked(context):
                    HostingLog.NobodyAsked(engine.Logger, context.GetEndpoint()?.DisplayName ?? handlerType.Name);
                    await RefuseAsync(http, request, "The server isn't set up to authorize the request.", 500, RefusalReason.Failed);
                    break;
                case Decision.Upgraded upgraded when !Serves(upgraded):
                    await RefuseAsync(http, request, "The request was changed on its way to the handler: nothing is upgraded.");
                    break;
                case Decision.Upgraded when !http.CanSwitch:
                    await RefuseAsync(
                        http, request, "This server can't upgrade the request. Kestrel can't when it has a body: send it without one; ASP.NET Core's TestServer can't at all.");
                    break;
                case Decision.Upgraded upgraded:
                    if (await new UpgradeExchange(engine, http, request, Routed(upgraded, context)).StartAsync() is { } session)
                    {
                        await session.RunAsync();
                    }

                    break;
                case Decision.Refused refused:
                    await http.RefuseAsync(refused.Response);
                    break;
            }
        }
        finally
        {
            await http.ReleaseAsync();
        }
    }

    private Task RefuseAsync(
        MappedHttp http, UpgradeRequest request, string explanation, int status = 400, RefusalReason reason = RefusalReason.MalformedRequest)
    {
        engine.TellRefusal(request, status, reason, explanation);
        return http.RefuseAsync(RegularResponse.Text(explanation + "\n", status));
    }

    // Routing has more values than the declared path: a group's parameters, and those of a pattern that replaces the path.
    private static Decision.Upgraded Routed(Decision.Upgraded upgraded, HttpContext context) => context.Request.RouteValues.Count == 0 ? upgraded : upgraded with
    {
        RouteValues = context.Request.RouteValues.ToDictionary(
            static value => value.Key, static value => Convert.ToString(value.Value, CultureInfo.InvariantCulture) ?? "", StringComparer.OrdinalIgnoreCase),
    };

    // Authorization ran for this handler. A protocol of another handler, chosen now, would be unprotected.
    private bool Serves(Decision.Upgraded upgraded) => upgraded.Route is not ProtocolEntry entry || entry.HandlerType == handlerType;
}
