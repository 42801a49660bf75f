using UpgradeProtocols;

namespace Echo;

/// <summary>Returns the negotiated version of the protocol.</summary>
[UpgradeProtocol("chat.v2", Path = "/versions")]
[UpgradeProtocol("chat.v1", Path = "/versions")]
public sealed class VersionsHandler
{
    [AnyMessage]
    public string Tell(string text, UpgradeConnection connection) => $"{connection.Protocol}:{text}";
}
