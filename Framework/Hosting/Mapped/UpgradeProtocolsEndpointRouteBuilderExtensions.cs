using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;
using UpgradeProtocols;
using UpgradeProtocols.Runtime;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Serves upgrade protocols beside the other endpoints of an ASP.NET Core application.</summary>
public static class UpgradeProtocolsEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Maps the declared protocols: an endpoint for each handler on each of its paths. WebSockets come over HTTP/1.1 (RFC 6455) and
    /// HTTP/2 (RFC 8441), raw protocols likewise. The handler class's attributes, such as <c>[Authorize]</c>, are the endpoint's
    /// metadata. Requests that aren't such upgrades go to the path's other endpoints, and are answered with 426 where there is none.
    /// </summary>
    /// <param name="endpoints">The application, or a group of it.</param>
    /// <param name="prefix">A path in front of the declared ones, such as <c>/live</c>; none by default.</param>
    /// <param name="select">Tells by the handler class and the protocol's name which ones to map; all by default.</param>
    /// <returns>What adds conventions to all of these endpoints: <c>RequireAuthorization</c>, <c>RequireHost</c>, <c>RequireRateLimiting</c> and others.</returns>
    /// <exception cref="InvalidOperationException">
    /// <c>AddUpgradeProtocols()</c> wasn't called, or two declared paths differ only in their case, which routing doesn't tell apart. The start
    /// fails with it where a handler says who may, and there is no <c>AddAuthorization()</c>, or not the policy or scheme that it names.
    /// </exception>
    public static IEndpointConventionBuilder MapUpgradeProtocols(
        this IEndpointRouteBuilder endpoints, string prefix = "", Func<Type, string?, bool>? select = null)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(prefix);
        var protocols = endpoints.ServiceProvider.GetService<ProtocolCollection>()
            ?? throw new InvalidOperationException("Call builder.Services.AddUpgradeProtocols() before app.MapUpgradeProtocols().");
        var engine = endpoints.ServiceProvider.GetRequiredService<UpgradeEngine>();
        var target = prefix.Length == 0 ? endpoints : endpoints.MapGroup(prefix);
        var table = new NegotiationTable(protocols.Included.Where(entry => select is null || select(entry.HandlerType, entry.Name)));
        Check(table);
        engine.IsMapped = true;
        return new Conventions(
        [
            .. from path in table.Paths
               from handler in path.Routes.Cast<ProtocolEntry>().GroupBy(static entry => entry.HandlerType)
               select Map(target, engine, path, handler.Key, [.. handler]),
        ]);
    }

    /// <summary>Maps the protocols of one handler class.</summary>
    /// <typeparam name="THandler">The handler class.</typeparam>
    /// <param name="endpoints">The application, or a group of it.</param>
    /// <param name="prefix">A path in front of the declared ones, such as <c>/live</c>; none by default.</param>
    /// <returns>What adds conventions to its endpoints.</returns>
    /// <exception cref="InvalidOperationException"><c>AddUpgradeProtocols()</c> wasn't called.</exception>
    public static IEndpointConventionBuilder MapUpgradeProtocols<THandler>(this IEndpointRouteBuilder endpoints, string prefix = "")
        where THandler : class => endpoints.MapUpgradeProtocols(prefix, static (handler, _) => handler == typeof(THandler));

    private static IEndpointConventionBuilder Map(
        IEndpointRouteBuilder endpoints, UpgradeEngine engine, PathProtocols path, Type handlerType, ProtocolEntry[] entries)
    {
        var endpoint = new MappedEndpoint(engine, path, handlerType);
        var metadata = new UpgradeProtocolMetadata(path.Template.Text, handlerType, entries);
        var convention = endpoints.Map(PatternOf(path.Template), (RequestDelegate)endpoint.ServeAsync);
        convention.WithDisplayName(metadata.ToString());
        convention.WithMetadata([endpoint, metadata, LoginRedirect.Disabled, .. handlerType.GetCustomAttributes(inherit: true)]);
        convention.Finally(MappedAccess.Check);
        return convention;
    }

    // From its segments: a name in braces means to routing what it means to us, and nothing else in the path means anything.
    private static RoutePattern PatternOf(PathTemplate template) => RoutePatternFactory.Pattern(
        template.Text,
        template.Segments.Select(static segment => RoutePatternFactory.Segment(
            segment.IsParameter ? RoutePatternFactory.ParameterPart(segment.Text) : RoutePatternFactory.LiteralPart(segment.Text))));

    private static void Check(NegotiationTable table)
    {
        var alike = table.Paths
            .GroupBy(static path => path.Template.Shape.TrimEnd('/'), StringComparer.OrdinalIgnoreCase)
            .FirstOrDefault(static group => group.Count() > 1);
        if (alike is not null)
        {
            throw new InvalidOperationException(
                $"ASP.NET Core's routing doesn't tell {string.Join(" and ", alike.Select(static path => path.Template.Text))} apart: rename one.");
        }
    }

    private sealed class Conventions(IReadOnlyList<IEndpointConventionBuilder> builders) : IEndpointConventionBuilder
    {
        public void Add(Action<EndpointBuilder> convention)
        {
            foreach (var builder in builders)
            {
                builder.Add(convention);
            }
        }

        public void Finally(Action<EndpointBuilder> finallyConvention)
        {
            foreach (var builder in builders)
            {
                builder.Finally(finallyConvention);
            }
        }
    }
}
