using System.Text.Json;
using System.Text.Json.Serialization;

namespace UpgradeProtocols;

/// <summary>The protocols that the application declares.</summary>
/// <param name="Self">The explorer's own path in the application: anything before it in the browser's URL is a prefix.</param>
/// <param name="TokenPrefix">The prefix of a token that is sent as a subprotocol; null if tokens can't be sent that way.</param>
/// <param name="Protocols">The mapped protocols in the order of their endpoints, then the others.</param>
internal sealed record ExplorerProtocols(string Self, string? TokenPrefix, IReadOnlyList<ExplorerProtocol> Protocols);

/// <param name="Name">The protocol's name; null for a path's default.</param>
/// <param name="Path">Its path with all prefixes, and the parameters' names in braces.</param>
/// <param name="Kind"><c>websocket</c> or <c>raw</c>.</param>
/// <param name="IsDefault">Whether it serves WebSocket clients that ask for no subprotocol.</param>
/// <param name="IsMapped">Whether it is one of the application's endpoints, rather than the lightweight server's alone.</param>
/// <param name="Handler">The handler class's name.</param>
/// <param name="Methods">The methods that start a raw protocol.</param>
/// <param name="Description">Its messages and their shapes as the generator describes them; null without a description.</param>
internal sealed record ExplorerProtocol(
    string? Name,
    string Path,
    string Kind,
    bool IsDefault,
    bool IsMapped,
    string Handler,
    IReadOnlyList<string> Methods,
    JsonElement? Description);

/// <summary>The current activity of the server.</summary>
/// <param name="Count">The number of connections.</param>
/// <param name="Connections">The newest connections.</param>
/// <param name="Refusals">The recent refusals, the newest first.</param>
internal sealed record ExplorerLive(int Count, IReadOnlyList<ExplorerConnection> Connections, IReadOnlyList<Refusal> Refusals);

internal sealed record ExplorerConnection(
    string Id,
    string? Protocol,
    string Path,
    string? User,
    IReadOnlyCollection<string> Groups,
    DateTimeOffset OpenedAt,
    string? Remote,
    string Http,
    long QueuedBytes);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(ExplorerProtocols)), JsonSerializable(typeof(ExplorerLive))]
internal sealed partial class ExplorerJson : JsonSerializerContext;
