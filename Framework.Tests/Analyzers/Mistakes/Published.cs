namespace Mistakes;

// upgrade-protocols.lock.json has the published form.
[UpgradeProtocol("published", Path = "/l", JsonContext = typeof(PublishedJson))]
public sealed class Published
{
    [Message("retyped")] public void Retyped(Retyped payload) { }
    [Message("required")] public Reply Required(Required payload) => new("");
    [Message("added")] public void Added() { }
}

public record Retyped(long Id);

public record Required(string Room, string Language);

public record Reply(string Text);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(Retyped)), JsonSerializable(typeof(Required)), JsonSerializable(typeof(Reply))]
public sealed partial class PublishedJson : JsonSerializerContext;
