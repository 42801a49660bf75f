using System.Text.Json.Serialization;

namespace Peers;

/// <summary>A request for each of its messages; Templates/Message.template has their methods.</summary>
[UpgradeProtocol(Path = "/json", JsonContext = typeof(GrowthJson))]
public sealed partial class SayHandler;

public sealed record Say(string Room, string Text);

public sealed record Said(string Room, string Text);

[JsonSerializable(typeof(Say))]
[JsonSerializable(typeof(Said))]
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
internal sealed partial class GrowthJson : JsonSerializerContext;
