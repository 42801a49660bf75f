namespace UpgradeProtocols;

/// <content>The end of the connection.</content>
public sealed partial class UpgradeConnection
{
    /// <summary>A token that is cancelled when the connection begins to close, or is lost.</summary>
    public CancellationToken Closed => Conversation.Closed;

    /// <summary>The reason and initiator of the close, once the connection has begun to close.</summary>
    internal CloseInfo? Close => Conversation.Close;

    /// <summary>
    /// Begins to close the connection: the messages sent before go out, then the Close (RFC 6455 §7.1.2). The peer has
    /// <see cref="UpgradeOptions.CloseTimeout"/> to answer it. Closing twice does nothing.
    /// </summary>
    /// <param name="code">The close code: 1000 to 1003, 1007 to 1014, or 3000 to 4999; ignored by raw protocols.</param>
    /// <param name="reason">A short reason for the peer, 123 bytes of UTF-8 at most.</param>
    /// <returns>A task that ends when the Close is on its way.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The code can't be sent.</exception>
    public ValueTask CloseAsync(int code = WebSocketCloseCode.NormalClosure, string reason = "")
    {
        CheckClose(code, reason);
        Conversation.BeginClose((ushort)code, reason);
        return default;
    }

    /// <summary>Ends the connection at once, without a Close. The peer sees it as lost.</summary>
    public void Abort() => Conversation.Abort();

    internal static void CheckClose(int code, string reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        if (code is < 0 or > ushort.MaxValue || !WebSocketCloseCode.IsValidOnWire((ushort)code))
        {
            throw new ArgumentOutOfRangeException(nameof(code), code, "The code of a Close must be 1000 to 1003, 1007 to 1014, or 3000 to 4999.");
        }
    }
}
