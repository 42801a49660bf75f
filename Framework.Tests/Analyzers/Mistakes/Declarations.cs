namespace Mistakes;

[UpgradeProtocol("chat v2", Path = "/d1")]
public class NameWithSpace { [Message("a")] public void A() { } }

[UpgradeProtocol("chat", Path = "/d2")]
public class First { [Message("a")] public void A() { } }

[UpgradeProtocol("chat", Path = "/d2")]
public class Second { [Message("a")] public void A() { } }

[UpgradeProtocol("abstract", Path = "/d3")]
public abstract class Abstract { [Message("a")] public void A() { } }

[UpgradeProtocol("empty", Path = "/d4")]
public class Empty;

[UpgradeProtocol("h2c", Path = "/d5", Kind = UpgradeKind.Raw)]
public class Reserved { [OnUpgraded] public Task RunAsync(IDuplexPipe pipe) => Task.CompletedTask; }

[UpgradeProtocol("framed", Path = "/d6", Framing = typeof(LineFraming))]
public class FramedWebSocket { [Message("a")] public void A() { } }

[UpgradeProtocol("path", Path = "d7")]
public class PathWithoutSlash { [Message("a")] public void A() { } }

[UpgradeProtocol("parameter", Path = "/d8/{room}")]
public class WrongParameter { [Message("a")] public void A([FromRoute] string rom) { } }

[UpgradeProtocol(Path = "/d9")]
public class FirstDefault { [Message("a")] public void A() { } }

[UpgradeProtocol("other", Path = "/d9", Default = true)]
public class SecondDefault { [Message("a")] public void A() { } }

[UpgradeProtocol("same", Path = "/d10/{a}")]
public class OneTemplate { [Message("a")] public void A() { } }

[UpgradeProtocol("same", Path = "/d10/{b}")]
public class OtherTemplate { [Message("a")] public void A() { } }

[UpgradeProtocol("tcp", Path = "/d11", Kind = UpgradeKind.Raw)]
public class RawWithMessages { [Message] public void A(string line) { } }

public static class Outer
{
    [UpgradeProtocol("hidden", Path = "/d12")]
    private sealed class Hidden { [Message("a")] public void A() { } }
}
