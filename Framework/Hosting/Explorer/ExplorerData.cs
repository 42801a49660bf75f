using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;
using UpgradeProtocols.Runtime;

namespace UpgradeProtocols;

/// <summary>Collects the explorer's data.</summary>
internal sealed class ExplorerData(UpgradeEngine engine, ProtocolCollection protocols)
{
    private const int MaxConnections = 100;

    private readonly ConcurrentDictionary<Assembly, JsonElement?> _descriptions = new();

    public ExplorerProtocols Protocols(HttpContext context)
    {
        var listed = new List<ExplorerProtocol>();
        var mapped = new HashSet<ProtocolRoute>();
        foreach (var endpoint in context.RequestServices.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>())
        {
            if (endpoint.Metadata.GetMetadata<MappedEndpoint>() is not { } served)
            {
                continue;
            }

            foreach (var entry in served.Path.Routes.OfType<ProtocolEntry>().Where(entry => entry.HandlerType == served.HandlerType))
            {
                mapped.Add(entry);
                listed.Add(Describe(entry, TextOf(endpoint.RoutePattern), isMapped: true));
            }
        }

        listed.AddRange(protocols.Included.Where(entry => !mapped.Contains(entry)).Select(entry => Describe(entry, entry.Path, isMapped: false)));

        // The page's own request path ends in /protocols.
        var self = context.Request.Path.ToUriComponent().TrimEnd('/');
        return new ExplorerProtocols(self[..self.LastIndexOf('/')], engine.Options.BearerToken.SubprotocolPrefix, listed);
    }

    public ExplorerLive Live()
    {
        var connections = engine.Hub.List();
        return new ExplorerLive(
            connections.Count,
            [
                .. connections
                    .OrderByDescending(static connection => connection.OpenedAt)
                    .Take(MaxConnections)
                    .Select(static connection => new ExplorerConnection(
                        connection.Id,
                        connection.Protocol,
                        connection.Request.Path,
                        connection.User.Identity?.Name,
                        connection.Groups,
                        connection.OpenedAt,
                        connection.Request.RemoteEndPoint?.ToString(),
                        connection.Request.HttpVersion.ToString(),
                        connection.Conversation.QueuedBytes)),
            ],
            engine.Refusals?.List() ?? []);
    }

    private ExplorerProtocol Describe(ProtocolEntry entry, string path, bool isMapped)
    {
        var kind = entry.Kind == UpgradeKind.Raw ? "raw" : "websocket";
        return new ExplorerProtocol(
            entry.Name,
            path,
            kind,
            entry.Kind == UpgradeKind.WebSocket && (entry.IsDefault || entry.Name is null),
            isMapped,
            entry.HandlerType.Name,
            entry.Kind == UpgradeKind.Raw ? entry.Methods : [],
            DescriptionOf(entry, kind));
    }

    private JsonElement? DescriptionOf(ProtocolEntry entry, string kind)
    {
        if (_descriptions.GetOrAdd(entry.HandlerType.Assembly, Read) is not { } all || !all.TryGetProperty("protocols", out var described))
        {
            return null;
        }

        foreach (var protocol in described.EnumerateArray())
        {
            if (protocol.GetProperty("name").GetString() == entry.Name
                && protocol.GetProperty("path").GetString() == entry.Path
                && protocol.GetProperty("kind").GetString() == kind)
            {
                return protocol;
            }
        }

        return null;
    }

    private static JsonElement? Read(Assembly assembly)
    {
        if (assembly.GetCustomAttribute<UpgradeProtocolDescriptionAttribute>() is not { } description)
        {
            return null;
        }

        using var document = JsonDocument.Parse(description.Json);
        return document.RootElement.Clone();
    }

    private static string TextOf(RoutePattern pattern) => "/" + string.Join('/', pattern.PathSegments.Select(static segment =>
        string.Concat(segment.Parts.Select(static part => part switch
        {
            RoutePatternLiteralPart literal => literal.Content,
            RoutePatternSeparatorPart separator => separator.Content,
            RoutePatternParameterPart parameter => $"{{{parameter.Name}}}",
            _ => "",
        }))));
}
