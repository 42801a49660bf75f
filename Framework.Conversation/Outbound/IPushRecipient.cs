namespace UpgradeProtocols;

/// <summary>The reason for a push to a connection, such as its membership in a group.</summary>
internal interface IPushRecipient
{
    /// <summary>Whether the reason has ended, so that the push must not be written. It is read under the lock of the outbound queue.</summary>
    bool HasLeft { get; }
}
