namespace Mistakes;

public record Unknown(int Number);

public abstract class Shape;

[JsonSerializable(typeof(Say)), JsonSerializable(typeof(int))]
public sealed partial class MistakesJson : JsonSerializerContext;

[UpgradeProtocol("payloads", Path = "/p1", JsonContext = typeof(MistakesJson))]
public sealed class Payloads
{
    [Message("unknown")] public void Unknown(Unknown unknown) { }
    [Message("abstract")] public void Abstract(Shape shape) { }
    [Message("reply")] public Task<Unknown> Reply() => Task.FromResult(new Unknown(1));
}

[UpgradeProtocol("reflection", Path = "/p2")]
public sealed class Reflection
{
    [Message("say")] public void Say(Say say) { }
}

[UpgradeProtocol("no-context", Path = "/p3", JsonContext = typeof(Say))]
public sealed class NoContext
{
    [Message("say")] public void Say(Say say) { }
}
