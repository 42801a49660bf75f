using UpgradeProtocols;

namespace Echo;

/// <summary>Sends each message back unchanged.</summary>
[UpgradeProtocol(Path = "/echo", Compression = true, MaxMessageSize = 16 * 1024 * 1024, AllowedOrigins = ["*"])]
[UpgradeProtocol("echo.v1", Path = "/echo", Compression = true, MaxMessageSize = 16 * 1024 * 1024, AllowedOrigins = ["*"])]
[UpgradeProtocol(Path = "/both", MaxMessageSize = 16 * 1024 * 1024)]
[UpgradeProtocol("echo.v1", Path = "/both", MaxMessageSize = 16 * 1024 * 1024)]
[UpgradeProtocol(Path = "/small", MaxMessageSize = 1024)]
public sealed class EchoHandler
{
    [AnyMessage]
    public ValueTask<SendResult> EchoAsync(ReadOnlySpan<byte> message, MessageKind kind, UpgradeConnection connection) =>
        connection.SendAsync(message, kind);
}
