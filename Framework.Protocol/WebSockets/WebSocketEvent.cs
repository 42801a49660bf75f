namespace UpgradeProtocols;

internal enum WebSocketEventKind
{
    /// <summary>A whole message: <see cref="WebSocketEvent.MessageKind"/> and <see cref="WebSocketEvent.Payload"/>.</summary>
    Message,

    /// <summary>A Ping; the response is a Pong with the same payload.</summary>
    Ping,

    Pong,

    /// <summary>The peer's Close: its code (1005 if it had none) and reason.</summary>
    Close,

    /// <summary>The peer violated a rule: the close code, and a reason for its developer.</summary>
    Failure,
}

/// <summary>An event that a <see cref="WebSocketReader"/> found. The payload is valid until the next call of the reader.</summary>
internal readonly struct WebSocketEvent
{
    private WebSocketEvent(WebSocketEventKind kind, MessageKind messageKind, ReadOnlyMemory<byte> payload, ushort code, string reason)
    {
        Kind = kind;
        MessageKind = messageKind;
        Payload = payload;
        Code = code;
        Reason = reason;
    }

    public WebSocketEventKind Kind { get; }

    public MessageKind MessageKind { get; }

    public ushort Code { get; }

    public ReadOnlyMemory<byte> Payload { get; }

    public string Reason { get; }

    public static WebSocketEvent Message(MessageKind kind, ReadOnlyMemory<byte> payload) =>
        new(WebSocketEventKind.Message, kind, payload, 0, "");

    public static WebSocketEvent Ping(ReadOnlyMemory<byte> payload) => new(WebSocketEventKind.Ping, default, payload, 0, "");

    public static WebSocketEvent Pong(ReadOnlyMemory<byte> payload) => new(WebSocketEventKind.Pong, default, payload, 0, "");

    public static WebSocketEvent Close(ushort code, string reason) => new(WebSocketEventKind.Close, default, default, code, reason);

    public static WebSocketEvent Failure(ushort code, string reason) => new(WebSocketEventKind.Failure, default, default, code, reason);
}
