// The generator and the analyzers compile this file too, in a namespace of their own.
#if COMPILER_EXTENSION
namespace UpgradeProtocols.Declarations;
#else
namespace UpgradeProtocols;
#endif

/// <summary>The features of a message format. Analyzers check handlers against them.</summary>
[Flags]
public enum MessageFormatFeatures
{
    /// <summary>No envelope: the catch-all method receives every message.</summary>
    None = 0,

    /// <summary>A name identifies each message.</summary>
    Names = 1,

    /// <summary>A number identifies each message.</summary>
    Tags = 2,

    /// <summary>A message can have a reply.</summary>
    Replies = 4,

    /// <summary>A message can have a stream of replies.</summary>
    Streams = 8,

    /// <summary>The server can send a request and await the client's reply.</summary>
    ServerRequests = 16,

    /// <summary>
    /// A payload is a JSON object or array of parameters: a method's payload parameters are bound by name or position, and a parameter
    /// with <c>[Payload]</c> takes the whole payload.
    /// </summary>
    Parameters = 32,

    /// <summary>
    /// Text and bytes are unencoded payloads, as in a format without an envelope. Without this feature the codec encodes them.
    /// </summary>
    PlainPayloads = 64,

    /// <summary>
    /// There are no notifications: every message that the server initiates is a request that the client answers, so every method of a
    /// client contract awaits a reply (OCPP-J 1.6 §4.1.3).
    /// </summary>
    RequestsOnly = 128,

    /// <summary>
    /// A payload can be a JSON object whose members are the payload parameters of a method that has several. A single payload parameter
    /// takes the whole payload.
    /// </summary>
    Members = 256,
}
