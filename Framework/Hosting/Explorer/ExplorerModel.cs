using System.Text.Json;
using System.Text.Json.Serialization;

namespace UpgradeProtocols;

/// <summary>What the application declares.</summary>
/// <param name="Self">The explorer's own path in the application: what stands before it in the browser is a prefix.</param>
/// <param name="TokenPrefix">What a token has before it where it comes as a subprotocol; null where it may not.</param>
/// <param name="Protocols">Those that are mapped, in the order of their endpoints, and then those that aren't.</param>
internal sealed record ExplorerProtocols(string Self, string? TokenPrefix, IReadOnlyList<ExplorerProtocol> Protocols);

/// <param name="Name">Its name; null for a path's default.</param>
/// <param name="Path">Its path with all prefixes, and the parameters' names in braces.</param>
/// <param name="Kind"><c>websocket</c> or <c>raw</c>.</param>
/// <param name="IsDefault">Whether it serves WebSocket clients that ask for no subprotocol.</param>
/// <param name="IsMapped">Whether it is one of the application's endpoints, rather than the lightweight server's alone.</param>
/// <param name="Handler">The handler class's name.</param>
/// <param name="Methods">The methods that start a raw protocol.</param>
/// <param name="Description">Its messages and their shapes as the generator describes them; null where it doesn't.</param>
internal sealed record ExplorerProtocol(
    string? Name,
    string Path,
    string Kind,
    bool IsDefault,
    bool IsMapped,
    string Handler,
    IReadOnlyList<string> Methods,
    JsonElement? Description);

/// <summary>What goes on.</summary>
/// <param name="Count">How many connections there are.</param>
/// <param name="Connections">The newest of them.</param>
/// <param name="Refusals">Those of late, the newest first.</param>
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
