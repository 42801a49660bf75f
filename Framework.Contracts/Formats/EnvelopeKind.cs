namespace UpgradeProtocols;

/// <summary>The role of a message in the conversation.</summary>
public enum EnvelopeKind
{
    /// <summary>A call: with an id it wants a reply, without one it is a notification.</summary>
    Call,

    /// <summary>The answer to a call.</summary>
    Reply,

    /// <summary>An item of a stream.</summary>
    Next,

    /// <summary>The end of a stream; from the one that asked for it, its cancellation.</summary>
    Complete,

    /// <summary>The failure of a call.</summary>
    Error,
}
