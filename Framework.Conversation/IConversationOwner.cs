using Microsoft.Extensions.Logging;

namespace UpgradeProtocols;

/// <summary>The connection of a <see cref="Conversation"/>: a server's or a client's.</summary>
internal interface IConversationOwner
{
    /// <summary>The side of this end: it determines masking, the windows of compression and what is a fault of the peer.</summary>
    WebSocketRole Role { get; }

    /// <summary>The connection's id, for the log.</summary>
    string Id { get; }

    /// <summary>The protocol's name, for the log.</summary>
    string DisplayName { get; }

    ILogger Logger { get; }

    /// <summary>The current options. A caller that needs two related options reads this property once.</summary>
    IConversationOptions Options { get; }

    ConnectionClock Clock { get; }

    IConversationMeter Meter { get; }

    /// <summary>The largest message in bytes that the peer may send.</summary>
    int MaxMessageSize { get; }

    /// <summary>The policy of a push when the outbound queue is full; null where the protocol sets none.</summary>
    SlowConsumerPolicy? SlowConsumer { get; }

    /// <summary>The compression that was agreed on, if any.</summary>
    DeflateAgreement? Compression { get; }

    /// <summary>This side's settings of the compression.</summary>
    DeflateOptions Deflate { get; }
}
