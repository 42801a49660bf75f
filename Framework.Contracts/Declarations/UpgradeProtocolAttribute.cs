using System.Diagnostics.CodeAnalysis;

namespace UpgradeProtocols;

/// <summary>
/// Declares that a class handles upgraded connections. Each instance of the class serves one connection, so its
/// fields hold the connection's state. Several attributes on one class declare the versions of its protocol.
/// </summary>
/// <remarks>
/// The name is a WebSocket subprotocol (RFC 6455 §1.9) or, with <see cref="Kind"/> set to
/// <see cref="UpgradeKind.Raw"/>, an upgrade protocol (RFC 9110 §7.8).
/// </remarks>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true, Inherited = false)]
public sealed class UpgradeProtocolAttribute : Attribute
{
    /// <summary>Declares the path's default WebSocket handler: it serves clients that offer no subprotocol.</summary>
    public UpgradeProtocolAttribute()
    {
    }

    /// <summary>Declares a named protocol.</summary>
    /// <param name="name">
    /// The subprotocol or upgrade protocol: a token (RFC 9110 §5.6.2). A raw protocol may have a <c>/version</c> after the token.
    /// </param>
    public UpgradeProtocolAttribute(string name) => Name = name;

    /// <summary>The protocol's name, or <see langword="null"/> for the path's default.</summary>
    public string? Name { get; }

    /// <summary>
    /// The path of the protocol, such as <c>/chat</c> or <c>/ocpp/{chargePointId}</c>; <c>/</c> by default. A segment in braces matches
    /// any single segment, and <c>[FromRoute]</c> binds its value.
    /// </summary>
    [StringSyntax("Route")]
    public string Path { get; set; } = "/";

    /// <summary>The kind of the connection after the upgrade; <see cref="UpgradeKind.WebSocket"/> by default.</summary>
    public UpgradeKind Kind { get; set; }

    /// <summary>Whether a named subprotocol also serves clients that offer no subprotocol; <see langword="false"/> by default.</summary>
    public bool Default { get; set; }

    /// <summary>
    /// The request methods that a raw protocol accepts; <c>GET</c> by default. A WebSocket handshake is always a GET (RFC 6455 §4.1).
    /// </summary>
    public string[]? Methods { get; set; }

    /// <summary>
    /// The message format: a struct that implements <see cref="IMessageFormat"/>. The default is <see cref="JsonMessageFormat"/>, or
    /// <see cref="RawMessageFormat"/> if the class has only catch-all messages.
    /// </summary>
    public Type? Format { get; set; }

    /// <summary>
    /// The name of the member that holds the message's name in <see cref="FlatJsonMessageFormat"/>; <c>type</c> by default.
    /// </summary>
    public string? Discriminator { get; set; }

    /// <summary>The framing of a raw protocol's messages: a struct that implements <c>IMessageFraming</c>.</summary>
    public Type? Framing { get; set; }

    /// <summary>The <c>JsonSerializerContext</c> that has the metadata of every payload and reply type.</summary>
    public Type? JsonContext { get; set; }

    /// <summary>
    /// The codec that serializes payloads, instead of a <see cref="JsonContext"/>: a public or internal type that implements
    /// <see cref="IPayloadCodec"/> and has a public parameterless constructor. All protocols that specify it share one instance.
    /// </summary>
    public Type? Codec { get; set; }

    /// <summary>
    /// The interface that declares the messages the server may send, marked with <see cref="ClientContractAttribute"/>.
    /// </summary>
    public Type? Client { get; set; }

    /// <summary>The maximum size of a client's message, in bytes; 0 means the server's option (1 MiB by default).</summary>
    public int MaxMessageSize { get; set; }

    /// <summary>
    /// The maximum number of concurrent connections of the protocol; 0, the default, means no limit. The server refuses a further
    /// connection with 503.
    /// </summary>
    public int MaxConnections { get; set; }

    /// <summary>
    /// The origins (RFC 6454) that may connect besides the server's own: <c>https://app.example</c>,
    /// <c>https://*.example</c> for subdomains, or <c>*</c> for any origin. The server's option by default.
    /// </summary>
    public string[]? AllowedOrigins { get; set; }

    /// <summary>
    /// Whether messages are compressed if the client supports it (permessage-deflate, RFC 7692); <see langword="false"/> by default.
    /// WebSocket only.
    /// </summary>
    public bool Compression { get; set; }

    /// <summary>
    /// The response when the client offers only subprotocols that the path doesn't have. All protocols of a path share one setting.
    /// </summary>
    public SubprotocolMismatch SubprotocolMismatch { get; set; }

    /// <summary>
    /// The policy of a push without its own <see cref="MessageAttribute.SlowConsumer"/> when the connection's outbound queue is full.
    /// If neither is set, a push to one connection waits, and a broadcast closes a connection whose queue is full, so that a client that
    /// doesn't read can't delay the sender to the others. If it is set to <see cref="SlowConsumerPolicy.Wait"/>, a broadcast waits.
    /// </summary>
    public SlowConsumerPolicy SlowConsumer { get; set; }
}
