using System.Text.Json;
using System.Text.Json.Serialization;
using UpgradeProtocols;

namespace Peers;

/// <summary>A handler with one request method per message; Templates/Message.template has the methods.</summary>
[UpgradeProtocol(Path = "/json", JsonContext = typeof(GrowthJson))]
public sealed partial class SayHandler;

public sealed record Say(string Room, string Text);

public sealed record Said(string Room, string Text);

[JsonSerializable(typeof(Say))]
[JsonSerializable(typeof(Said))]
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
internal sealed partial class GrowthJson : JsonSerializerContext;
