using System.ComponentModel;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;
using UpgradeProtocols;
using UpgradeProtocols.Runtime;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Serves upgrade protocols next to the other endpoints of an ASP.NET Core application.</summary>
public static class UpgradeProtocolsEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Maps the declared protocols: an endpoint for each handler on each of its paths. WebSockets use HTTP/1.1 (RFC 6455) and HTTP/2 (RFC
    /// 8441), and so do raw protocols. The handler class's attributes, such as <c>[Authorize]</c>, become the endpoint's metadata. Requests
    /// that aren't such upgrades go to the path's other endpoints; if there is none, the response is 426.
    /// </summary>
    /// <param name="endpoints">The application, or a group of it.</param>
    /// <param name="prefix">A path before the declared ones, such as <c>/live</c>; none by default.</param>
    /// <param name="select">Selects protocols by the handler class and the protocol's name; all by default.</param>
    /// <returns>
    /// A builder for conventions of all these endpoints: <c>RequireAuthorization</c>, <c>RequireHost</c>, <c>RequireRateLimiting</c> and
    /// others.
    /// </returns>
    /// <exception cref="InvalidOperationException">
    /// <c>AddUpgradeProtocols()</c> wasn't called, or two declared paths differ only in their case, which routing doesn't distinguish. The
    /// application's start also throws it if a handler requires authorization and <c>AddAuthorization()</c> wasn't called, or if the
    /// handler's policy or scheme isn't registered.
    /// </exception>
    public static IEndpointConventionBuilder MapUpgradeProtocols(
        this IEndpointRouteBuilder endpoints, string? prefix = null, Func<Type, string?, bool>? select = null) =>
        Map(endpoints, prefix, pattern: null, select ?? (static (_, _) => true));

    /// <summary>Maps the protocols of one handler class, below its declared path or on another.</summary>
    /// <typeparam name="THandler">The handler class.</typeparam>
    /// <param name="endpoints">The application, or a group of it.</param>
    /// <param name="pattern">
    /// The path, like the argument of <c>MapHub</c>; it replaces the declared one. It has the parameters of the declared path, and may have
    /// more. The default is the declared path.
    /// </param>
    /// <param name="prefix">A path before the declared one, such as <c>/live</c>; none by default.</param>
    /// <returns>A builder for conventions of the endpoints.</returns>
    /// <exception cref="InvalidOperationException">
    /// <c>AddUpgradeProtocols()</c> wasn't called; or a pattern is given and the class has no path, several paths, or one with a parameter
    /// that the pattern doesn't have.
    /// </exception>
    public static IEndpointConventionBuilder MapUpgradeProtocols<THandler>(
        this IEndpointRouteBuilder endpoints, string? pattern = null, string? prefix = null)
        where THandler : class => Map(endpoints, prefix, pattern, static (handler, _) => handler == typeof(THandler));

    /// <summary>Not for use: the argument of <c>MapHub</c> is the path, and that of a group is a prefix. Name the argument.</summary>
    /// <typeparam name="THandler">The handler class.</typeparam>
    /// <param name="endpoints">The application, or a group of it.</param>
    /// <param name="path">A path with an ambiguous meaning.</param>
    /// <returns>Nothing.</returns>
    [Obsolete("Name the argument: pattern: \"/x\" is the path, as in MapHub; prefix: \"/x\" is added before the declared path.", error: true)]
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static IEndpointConventionBuilder MapUpgradeProtocols<THandler>(this IEndpointRouteBuilder endpoints, string path)
        where THandler : class => throw new NotSupportedException("Name the argument: pattern: or prefix:.");

    private static Conventions Map(IEndpointRouteBuilder endpoints, string? prefix, string? pattern, Func<Type, string?, bool> select)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var protocols = endpoints.ServiceProvider.GetService<ProtocolCollection>()
            ?? throw new InvalidOperationException("Call builder.Services.AddUpgradeProtocols() before app.MapUpgradeProtocols().");
        var engine = endpoints.ServiceProvider.GetRequiredService<UpgradeEngine>();
        var target = string.IsNullOrEmpty(prefix) ? endpoints : endpoints.MapGroup(prefix);
        var table = new NegotiationTable(protocols.Included.Where(entry => select(entry.HandlerType, entry.Name)));
        Check(table);
        engine.IsMapped = true;
        var replacement = pattern is null ? null : PatternOf(pattern, [.. table.Paths]);
        return new Conventions(
        [
            .. from path in table.Paths
               from handler in path.Routes.Cast<ProtocolEntry>().GroupBy(static entry => entry.HandlerType)
               select Map(target, engine, path, replacement ?? PatternOf(path.Template), handler.Key, [.. handler]),
        ]);
    }

    private static IEndpointConventionBuilder Map(
        IEndpointRouteBuilder endpoints, UpgradeEngine engine, PathProtocols path, RoutePattern pattern, Type handlerType, ProtocolEntry[] entries)
    {
        var endpoint = new MappedEndpoint(engine, path, handlerType);
        var metadata = new UpgradeProtocolMetadata(path.Template.Text, handlerType, entries);
        var convention = endpoints.Map(pattern, (RequestDelegate)endpoint.ServeAsync);
        convention.WithDisplayName(metadata.ToString());
        convention.WithMetadata([endpoint, metadata, LoginRedirect.Disabled, .. handlerType.GetCustomAttributes(inherit: true)]);
        convention.Finally(MappedAccess.Check);
        return convention;
    }

    // The pattern is built from the segments: a name in braces has the same meaning in routing, and all other text is literal.
    private static RoutePattern PatternOf(PathTemplate template) => RoutePatternFactory.Pattern(
        template.Text,
        template.Segments.Select(static segment => RoutePatternFactory.Segment(
            segment.IsParameter ? RoutePatternFactory.ParameterPart(segment.Text) : RoutePatternFactory.LiteralPart(segment.Text))));

    private static RoutePattern PatternOf(string text, PathProtocols[] paths)
    {
        var pattern = RoutePatternFactory.Parse(text);
        if (paths is not [{ Template: var declared }])
        {
            throw new InvalidOperationException(
                $"The pattern {text} is one path, and the handler has {(paths.Length == 0 ? "none" : string.Join(", ", paths.Select(static path => path.Template.Text)))}.");
        }

        var missing = declared.Segments.Where(segment => segment.IsParameter && pattern.GetParameter(segment.Text) is null);
        return missing.Select(static segment => segment.Text).FirstOrDefault() is { } name
            ? throw new InvalidOperationException($"The pattern {text} has no {{{name}}}, which the declared path {declared.Text} has.")
            : pattern;
    }

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
