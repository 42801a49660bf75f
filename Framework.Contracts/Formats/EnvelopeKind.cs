namespace UpgradeProtocols;

/// <summary>The role of a message in a conversation.</summary>
public enum EnvelopeKind
{
    /// <summary>A call: with an id it expects a reply, without an id it is a notification.</summary>
    Call,

    /// <summary>The reply to a call.</summary>
    Reply,

    /// <summary>An item of a stream.</summary>
    Next,

    /// <summary>The end of a stream. If the stream's receiver sends it, it cancels the stream.</summary>
    Complete,

    /// <summary>The failure of a call.</summary>
    Error,

    /// <summary>
    /// The cancellation of the call or stream with this id. The peer still gets one answer: an error, or the result if the method has
    /// ended by itself. A format whose <see cref="Complete"/> comes from the receiver cancels with that too.
    /// </summary>
    Cancel,
}
