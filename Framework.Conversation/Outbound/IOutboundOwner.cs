namespace UpgradeProtocols;

/// <summary>The connection of an <see cref="Outbound"/>, as the outbound queue sees it.</summary>
internal interface IOutboundOwner
{
    /// <summary>Counts the sent messages, and the actions for a full queue.</summary>
    IConversationMeter Meter { get; }

    /// <summary>Whether received messages wait to be handled, so that more replies are likely to follow immediately.</summary>
    bool HasWaitingMessages { get; }

    /// <summary>A push found the queue full, and its policy is to close the connection.</summary>
    void CloseSlow();
}
