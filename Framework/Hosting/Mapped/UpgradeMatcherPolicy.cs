using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Matching;
using Microsoft.Extensions.Options;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>
/// Chooses among the endpoints of a path: a request for an upgrade that the path has goes to the handler of the protocol that it
/// asks for, and is guarded as that handler says; any other goes to the path's ordinary endpoints, if it has any (N5).
/// </summary>
[SuppressMessage("Performance", "CA1812", Justification = "The container makes it.")]
internal sealed class UpgradeMatcherPolicy(IOptions<UpgradeOptions> options) : MatcherPolicy, IEndpointSelectorPolicy
{
    private readonly BearerTokenOptions _tokens = options.Value.BearerToken;

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

        if (first < 0)
        {
            return Task.CompletedTask;
        }

        var path = Of(candidates[first].Endpoint)!.Path;
        var request = MappedRequest.Create(httpContext);
        var hasToken = BearerTokens.Take(request, _tokens.SubprotocolPrefix, _tokens.QueryParameter);
        if (Negotiator.TryFind(request, path, out var route))
        {
            if (hasToken)
            {
                MappedRequest.PutToken(httpContext, request);
            }

            Choose(candidates, first, (route as ProtocolEntry)?.HandlerType);
        }
        else
        {
            for (var i = 0; i < candidates.Count; i++)
            {
                // Where the path has upgrades alone, the first endpoint tells what there is (426).
                if (Of(candidates[i].Endpoint) is not null && (hasOrdinary || i != first))
                {
                    candidates.SetValidity(i, false);
                }
            }
        }

        return Task.CompletedTask;
    }

    // An upgrade that will be refused is for the first: it says why.
    private static void Choose(CandidateSet candidates, int first, Type? handler)
    {
        var path = Of(candidates[first].Endpoint)!.Path;
        var chosen = first;
        for (var i = candidates.Count - 1; i >= first; i--)
        {
            if (candidates.IsValidCandidate(i) && Of(candidates[i].Endpoint) is { } endpoint && endpoint.Path == path && endpoint.HandlerType == handler)
            {
                chosen = i;
            }
        }

        for (var i = 0; i < candidates.Count; i++)
        {
            if (i != chosen && (Of(candidates[i].Endpoint) is not null || !IsMoreSpecific(candidates[i].Endpoint, candidates[chosen].Endpoint)))
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
