using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Matching;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>
/// Chooses among the endpoints of a path. A request for an upgrade that the path has goes to the handler of the requested protocol, with
/// that handler's authorization; any other request goes to the path's ordinary endpoints, if there are any (N5).
/// </summary>
[SuppressMessage("Performance", "CA1812", Justification = "The container makes it.")]
internal sealed class UpgradeMatcherPolicy(UpgradeEngine engine) : MatcherPolicy, IEndpointSelectorPolicy
{
    // The policies for the host and the method run before this one.
    public override int Order => 1000;

    public bool AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) => endpoints.Any(static endpoint => Of(endpoint) is not null);

    public Task ApplyAsync(HttpContext httpContext, CandidateSet candidates)
    {
        var first = -1;
        var hasOrdinary = false;
        for (var i = 0; i < candidates.Count; i++)
        {
            if (candidates.IsValidCandidate(i))
            {
                var isOurs = Of(candidates[i].Endpoint) is not null;
                hasOrdinary |= !isOurs;
                first = isOurs && first < 0 ? i : first;
            }
        }

        if (first >= 0)
        {
            var request = MappedRequest.Create(httpContext);
            var chosen = Choose(httpContext, request, candidates, first);
            Keep(candidates, first, chosen, hasOrdinary);
            if (chosen >= 0 || !hasOrdinary)
            {
                Of(candidates[Math.Max(chosen, first)].Endpoint)!.Expect(httpContext, request, isUpgrade: chosen >= 0);
            }
        }

        return Task.CompletedTask;
    }

    /// <summary>The endpoint of the requested protocol; -1 if the request asks for no upgrade that the path has.</summary>
    private int Choose(HttpContext context, UpgradeRequest request, CandidateSet candidates, int first)
    {
        var hasToken = engine.TakeToken(request);
        var chosen = -1;
        for (var i = first; i < candidates.Count; i++)
        {
            if (!candidates.IsValidCandidate(i)
                || Of(candidates[i].Endpoint) is not { } endpoint
                || IsMoreSpecific(candidates[first].Endpoint, candidates[i].Endpoint)
                || !Negotiator.TryFind(request, endpoint.Path, out var route))
            {
                continue;
            }

            // The first endpoint handles an upgrade that will be refused, and reports the reason.
            chosen = chosen < 0 ? i : chosen;
            if ((route as ProtocolEntry)?.HandlerType == endpoint.HandlerType)
            {
                chosen = i;
                break;
            }
        }

        if (hasToken && chosen >= 0)
        {
            MappedRequest.PutToken(context, request);
        }

        return chosen;
    }

    private static void Keep(CandidateSet candidates, int first, int chosen, bool hasOrdinary)
    {
        for (var i = 0; i < candidates.Count; i++)
        {
            var isOurs = Of(candidates[i].Endpoint) is not null;
            var isKept = chosen < 0
                // If the path has only upgrades, the first endpoint lists them (426).
                ? !isOurs || (!hasOrdinary && i == first)
                : i == chosen || (!isOurs && IsMoreSpecific(candidates[i].Endpoint, candidates[chosen].Endpoint));
            if (!isKept)
            {
                candidates.SetValidity(i, false);
            }
        }
    }

    // A more specific endpoint of the application keeps its path, even if one of our paths with parameters matches too.
    private static bool IsMoreSpecific(Endpoint endpoint, Endpoint than) =>
        endpoint is RouteEndpoint one && than is RouteEndpoint other
        && (one.Order, one.RoutePattern.InboundPrecedence).CompareTo((other.Order, other.RoutePattern.InboundPrecedence)) < 0;

    private static MappedEndpoint? Of(Endpoint endpoint) => endpoint.Metadata.GetMetadata<MappedEndpoint>();
}
