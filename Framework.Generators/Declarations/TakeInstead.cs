using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <summary>
/// Types that are often used as parameters by mistake, and their alternatives. No client sends them, and some come from no container.
/// </summary>
internal static class TakeInstead
{
    private const string Service = "mark it with [FromServices]";
    private const string Bytes = "take ReadOnlyMemory<byte> or byte[], or the IDuplexPipe of a raw protocol";
    private const string Connection = "take an UpgradeConnection";
    private const string Clients = "take an IClients<T> in the constructor";

    private static readonly Dictionary<string, (string Namespace, string Advice)> s_types = new(StringComparer.Ordinal)
    {
        ["HttpContext"] = ("Microsoft.AspNetCore.Http", "take an UpgradeConnection, or an UpgradeRequest for the request"),
        ["HttpRequest"] = ("Microsoft.AspNetCore.Http", "take an UpgradeRequest"),
        ["HttpResponse"] = ("Microsoft.AspNetCore.Http", "return an UpgradeResult in [OnUpgrading]"),
        ["IFormFile"] = ("Microsoft.AspNetCore.Http", Bytes),
        ["IFormFileCollection"] = ("Microsoft.AspNetCore.Http", Bytes),
        ["IFormCollection"] = ("Microsoft.AspNetCore.Http", "take the payload as a class, record or struct"),
        ["WebSocketManager"] = ("Microsoft.AspNetCore.Http", Connection),
        ["ConnectionInfo"] = ("Microsoft.AspNetCore.Http", Connection),
        ["ConnectionContext"] = ("Microsoft.AspNetCore.Connections", Connection),
        ["HubCallerContext"] = ("Microsoft.AspNetCore.SignalR", Connection),
        ["IHubCallerClients"] = ("Microsoft.AspNetCore.SignalR", Clients),
        ["IHubCallerClients`1"] = ("Microsoft.AspNetCore.SignalR", Clients),
        ["IHubClients"] = ("Microsoft.AspNetCore.SignalR", Clients),
        ["IHubClients`1"] = ("Microsoft.AspNetCore.SignalR", Clients),
        ["IGroupManager"] = ("Microsoft.AspNetCore.SignalR", "take an UpgradeConnection and call its JoinAsync"),
        ["WebSocket"] = ("System.Net.WebSockets", Connection),
        ["WebSocketContext"] = ("System.Net.WebSockets", Connection),
        ["Socket"] = ("System.Net.Sockets", "take an UpgradeConnection, or the IDuplexPipe of a raw protocol"),
        ["MessageContext"] = ("UpgradeProtocols", "take an UpgradeConnection: a MessageContext is for message filters"),
        ["ClientTarget"] = ("UpgradeProtocols.Runtime", Clients),
        ["IPrincipal"] = ("System.Security.Principal", "take a ClaimsPrincipal"),
        ["IIdentity"] = ("System.Security.Principal", "take a ClaimsPrincipal"),
        ["ClaimsIdentity"] = ("System.Security.Claims", "take a ClaimsPrincipal"),
        // These types are valid parameters themselves, but not inside a payload.
        ["UpgradeConnection"] = ("UpgradeProtocols", Connection),
        ["UpgradeRequest"] = ("UpgradeProtocols", "take an UpgradeRequest"),
        ["ClaimsPrincipal"] = ("System.Security.Claims", "take a ClaimsPrincipal"),
        ["IDuplexPipe"] = ("System.IO.Pipelines", Bytes),
        ["CancellationToken"] = ("System.Threading", "take a CancellationToken"),
        ["CancellationTokenSource"] = ("System.Threading", "take a CancellationToken"),
        ["ILogger"] = ("Microsoft.Extensions.Logging", "take an ILogger<T> of the handler, with [FromServices] in a method"),
        ["IServiceScope"] = ("Microsoft.Extensions.DependencyInjection", "take an IServiceScopeFactory, with [FromServices] in a method"),
        ["AsyncServiceScope"] = ("Microsoft.Extensions.DependencyInjection", "take an IServiceScopeFactory, with [FromServices] in a method"),
        ["Stream"] = ("System.IO", Bytes),
        ["TextReader"] = ("System.IO", "take a string, ReadOnlyMemory<byte>, or the IDuplexPipe of a raw protocol"),
        ["TextWriter"] = ("System.IO", "return the data to send"),
        ["PipeReader"] = ("System.IO.Pipelines", Bytes),
        ["PipeWriter"] = ("System.IO.Pipelines", "return the data to send"),
        ["IAsyncEnumerable`1"] = ("System.Collections.Generic", "take one item as the payload of a message: a client sends each item as a message"),
        ["IAsyncEnumerator`1"] = ("System.Collections.Generic", "take one item as the payload of a message: a client sends each item as a message"),
        ["IObservable`1"] = ("System", "take one item as the payload of a message: a client sends each item as a message"),
        ["Type"] = ("System", "take a string"),
        ["Task"] = ("System.Threading.Tasks", "take the value itself"),
        ["ValueTask"] = ("System.Threading.Tasks", "take the value itself"),
        ["ValueTask`1"] = ("System.Threading.Tasks", "take the value itself"),
    };

    // Types that a container provides, but no client sends.
    private static readonly Dictionary<string, string> s_services = new(StringComparer.Ordinal)
    {
        ["TimeProvider"] = "System",
        ["HttpClient"] = "System.Net.Http",
        ["DbConnection"] = "System.Data.Common",
        ["DbDataSource"] = "System.Data.Common",
        ["DbContext"] = "Microsoft.EntityFrameworkCore",
        ["Meter"] = "System.Diagnostics.Metrics",
        ["ActivitySource"] = "System.Diagnostics",
        ["Channel`2"] = "System.Threading.Channels",
        ["ChannelReader`1"] = "System.Threading.Channels",
        ["ChannelWriter`1"] = "System.Threading.Channels",
    };

    /// <summary>The alternative to a payload of the type, or <see langword="null"/> if the type may be a payload.</summary>
    public static string? OfPayload(ITypeSymbol type) => Find(type)?.Advice ?? (IsService(type) ? Service : null);

    /// <summary>The alternative to a service of the type, or <see langword="null"/> if the type may be registered.</summary>
    public static string? OfService(ITypeSymbol type) =>
        Find(type) is { } known && !known.Namespace.StartsWith("System", StringComparison.Ordinal) ? known.Advice : null;

    /// <summary>Whether only a container provides the type.</summary>
    public static bool IsService(ITypeSymbol type) =>
        Levels(type).Any(level => s_services.TryGetValue(level.MetadataName, out var space) && level.Is(space, level.MetadataName));

    private static (string Namespace, string Advice)? Find(ITypeSymbol type)
    {
        foreach (var level in Levels(type))
        {
            if (s_types.TryGetValue(level.MetadataName, out var known) && level.Is(known.Namespace, level.MetadataName))
            {
                return known;
            }
        }

        return null;
    }

    private static IEnumerable<INamedTypeSymbol> Levels(ITypeSymbol type)
    {
        type.IsNullableValue(out type);
        return type is not INamedTypeSymbol named || type.SpecialType != SpecialType.None ? []
            : type.TypeKind == TypeKind.Class ? named.SelfAndBases()
            : [named];
    }
}
