namespace UpgradeProtocols;

/// <summary>Counts the events of a conversation.</summary>
internal interface IConversationMeter
{
    /// <summary>A message was written to the transport.</summary>
    /// <param name="length">Its bytes.</param>
    void Sent(int length);

    /// <summary>A push found the outbound queue full.</summary>
    /// <param name="action">The action that was taken.</param>
    void SlowConsumer(string action);

    /// <summary>The peer broke the protocol.</summary>
    /// <param name="closeCode">The code of the Close that it gets.</param>
    void ProtocolError(int closeCode);
}
