using System.Diagnostics.CodeAnalysis;

namespace UpgradeProtocols;

/// <summary>
/// Declares that a class handles an upgraded connection. One instance of the class serves one connection, so its
/// fields are the connection's state. Several attributes on one class are the versions of its protocol.
/// </summary>
/// <remarks>
/// The name is a WebSocket subprotocol (RFC 6455 §1.9) or, with <see cref="Kind"/> set to
/// <see cref="UpgradeKind.Raw"/>, an upgrade protocol (RFC 9110 §7.8).
/// </remarks>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true, Inherited = false)]
public sealed class UpgradeProtocolAttribute : Attribute
{
    /// <summary>Declares the path's default WebSocket handler: it serves clients that ask for no subprotocol.</summary>
    public UpgradeProtocolAttribute()
    {
    }

    /// <summary>Declares a named protocol.</summary>
    /// <param name="name">The subprotocol or upgrade protocol: a token (RFC 9110 §5.6.2), for raw protocols with an optional <c>/version</c>.</param>
    public UpgradeProtocolAttribute(string name) => Name = name;

    /// <summary>The protocol's name, or <see langword="null"/> for the path's default.</summary>
    public string? Name { get; }

    /// <summary>
    /// The path the protocol is served on, such as <c>/chat</c> or <c>/ocpp/{chargePointId}</c>; <c>/</c> by default.
    /// A segment in braces matches any one segment, which <c>[FromRoute]</c> binds.
    /// </summary>
    [StringSyntax("Route")]
    public string Path { get; set; } = "/";

    /// <summary>The kind of the connection; <see cref="UpgradeKind.WebSocket"/> by default.</summary>
    public UpgradeKind Kind { get; set; }

    /// <summary>Whether a named subprotocol also serves clients that ask for none; <see langword="false"/> by default.</summary>
    public bool Default { get; set; }

    /// <summary>The request methods a raw protocol accepts; <c>GET</c> by default. A WebSocket handshake is always a GET (RFC 6455 §4.1).</summary>
    public string[]? Methods { get; set; }

    /// <summary>
    /// The message format: a struct that implements <see cref="IMessageFormat"/>. By default <see cref="JsonMessageFormat"/>,
    /// or <see cref="RawMessageFormat"/> where the class has only catch-all messages.
    /// </summary>
    public Type? Format { get; set; }

    /// <summary>The name of the member that tells the message in <see cref="FlatJsonMessageFormat"/>; <c>type</c> by default.</summary>
    public string? Discriminator { get; set; }

    /// <summary>How a raw protocol's messages are delimited: a struct that implements <c>IMessageFraming</c>.</summary>
    public Type? Framing { get; set; }

    /// <summary>The <c>JsonSerializerContext</c> that knows every payload and reply type.</summary>
    public Type? JsonContext { get; set; }

    /// <summary>
    /// How payloads are written, instead of by a <see cref="JsonContext"/>: a public or internal type that implements
    /// <see cref="IPayloadCodec"/> and has a public constructor without parameters. One instance serves all protocols that name it.
    /// </summary>
    public Type? Codec { get; set; }

    /// <summary>The interface, marked with <see cref="ClientContractAttribute"/>, of what the server may send.</summary>
    public Type? Client { get; set; }

    /// <summary>The largest message a client may send, in bytes; the server's option (1 MiB by default) when 0.</summary>
    public int MaxMessageSize { get; set; }

    /// <summary>How many connections the protocol may have at a time; any number when 0, as by default. One more is refused with 503.</summary>
    public int MaxConnections { get; set; }

    /// <summary>
    /// The origins (RFC 6454) that may connect besides the server's own: <c>https://app.example</c>,
    /// <c>https://*.example</c> for subdomains, or <c>*</c> for any. The server's option when absent.
    /// </summary>
    public string[]? AllowedOrigins { get; set; }

    /// <summary>Whether messages are compressed where the client can (permessage-deflate, RFC 7692); <see langword="false"/> by default. WebSocket only.</summary>
    public bool Compression { get; set; }

    /// <summary>The response to a client that requests only subprotocols that the path doesn't have; one setting for a path.</summary>
    public SubprotocolMismatch SubprotocolMismatch { get; set; }

    /// <summary>
    /// The treatment of a push when the connection's outbound queue is full, unless the push has its own
    /// <see cref="MessageAttribute.SlowConsumer"/>. By default, a push to one connection waits, and a broadcast closes a connection with a
    /// full queue, so that one slow client can't delay the sender to the others. With <see cref="SlowConsumerPolicy.Wait"/> the sender waits.
    /// </summary>
    public SlowConsumerPolicy SlowConsumer { get; set; }
}
