using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Matching;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>
/// Chooses among the endpoints of a path: a request for an upgrade that the path has goes to the handler of the protocol that it
/// asks for, and is guarded as that handler says; any other goes to the path's ordinary endpoints, if it has any (N5).
/// </summary>
[SuppressMessage("Performance", "CA1812", Justification = "The container makes it.")]
internal sealed class UpgradeMatcherPolicy(UpgradeEngine engine) : MatcherPolicy, IEndpointSelectorPolicy
{
    // After the policies that look at the host and the method.
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

    /// <summary>The endpoint of the protocol that is asked for; -1 where no upgrade is asked for that the path has.</summary>
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

            // An upgrade that will be refused is for the first: it says why.
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
                // Where the path has upgrades alone, the first endpoint tells what there is (426).
                ? !isOurs || (!hasOrdinary && i == first)
                : i == chosen || (!isOurs && IsMoreSpecific(candidates[i].Endpoint, candidates[chosen].Endpoint));
            if (!isKept)
            {
                candidates.SetValidity(i, false);
            }
        }
    }

    // Another's endpoint on a path of its own keeps it, though one of our paths with parameters would match too.
    private static bool IsMoreSpecific(Endpoint endpoint, Endpoint than) =>
        endpoint is RouteEndpoint one && than is RouteEndpoint other
        && (one.Order, one.RoutePattern.InboundPrecedence).CompareTo((other.Order, other.RoutePattern.InboundPrecedence)) < 0;

    private static MappedEndpoint? Of(Endpoint endpoint) => endpoint.Metadata.GetMetadata<MappedEndpoint>();
}
