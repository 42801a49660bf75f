namespace UpgradeProtocols;

/// <summary>The limits and timeouts of a conversation. A server's and a client's options have these among others.</summary>
internal interface IConversationOptions
{
    /// <summary>The time for a flush of at most 64 KiB; larger ones have proportionally more.</summary>
    TimeSpan WriteTimeout { get; }

    /// <summary>The received bytes that wait for their turn at which the reader stops.</summary>
    int MaxWaitingBytes { get; }

    /// <summary>The same while a reply of the peer is awaited, which may come behind the messages that wait.</summary>
    int MaxWaitingBytesBeforeReply { get; }

    /// <summary>The bytes that wait to be sent at which senders wait, and pushes are treated by their policy.</summary>
    int MaxOutboundBytes { get; }

    /// <summary>The messages that run concurrently with the serial queue.</summary>
    int MaxConcurrentMessages { get; }

    /// <summary>The streams to the peer that run at a time.</summary>
    int MaxConcurrentStreams { get; }

    /// <summary>The time for the peer's reply to a request.</summary>
    TimeSpan RequestTimeout { get; }

    /// <summary>The time for the peer's answer to a Close.</summary>
    TimeSpan CloseTimeout { get; }

    /// <summary>The silence of the peer after which a Ping is sent.</summary>
    TimeSpan KeepAliveInterval { get; }

    /// <summary>The silence after a Ping after which the peer counts as lost.</summary>
    TimeSpan KeepAliveTimeout { get; }

    /// <summary>Whether the peer gets the text of unexpected exceptions.</summary>
    bool IncludeErrorDetail { get; }
}
