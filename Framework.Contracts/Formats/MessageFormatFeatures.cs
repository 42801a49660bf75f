// The generator and the analyzers compile this file too, in a namespace of their own.
#if COMPILER_EXTENSION
namespace UpgradeProtocols.Declarations;
#else
namespace UpgradeProtocols;
#endif

/// <summary>The features of a message format. Analyzers check handlers against it.</summary>
[Flags]
public enum MessageFormatFeatures
{
    /// <summary>No envelope: every message goes to the catch-all.</summary>
    None = 0,

    /// <summary>Messages are known by a name.</summary>
    Names = 1,

    /// <summary>Messages are known by a number.</summary>
    Tags = 2,

    /// <summary>A message can be answered.</summary>
    Replies = 4,

    /// <summary>A message can be answered by a stream.</summary>
    Streams = 8,

    /// <summary>The server can ask and await the client's answer.</summary>
    ServerRequests = 16,

    /// <summary>
    /// A payload is a JSON object or array of parameters: a method's payload parameters are bound by name or position, and
    /// one marked with <c>[Payload]</c> takes the payload whole.
    /// </summary>
    Parameters = 32,

    /// <summary>Text and bytes are payloads as they are; as in a format without an envelope. Otherwise they are the codec's.</summary>
    PlainPayloads = 64,

    /// <summary>
    /// There are no notifications: what the server sends by itself is a request that the client answers, so that every method of a
    /// client contract awaits a reply (OCPP-J 1.6 §4.1.3).
    /// </summary>
    RequestsOnly = 128,
}
