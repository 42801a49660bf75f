namespace UpgradeProtocols.Runtime;

/// <summary>The stations that an answer passes on its way to the peer.</summary>
/// <param name="Context">The message's context in the filters, where there are any: they see the method's exceptions.</param>
/// <param name="Batch">Collects the answers to the messages of a batch; null where an answer is a message of its own.</param>
/// <param name="Active">The call, if the peer can cancel it and its method may have begun; otherwise null.</param>
/// <param name="Tag">The tag of the message that is answered.</param>
internal readonly record struct AnswerPath(MessageContext? Context, MessageBatch? Batch, ActiveCall? Active, int Tag)
{
    /// <summary>Whether the peer has cancelled the call.</summary>
    public bool IsCancelled => Active is { IsCancelled: true };

    /// <summary>Claims the answer; returns whether it is the first.</summary>
    public bool TryAnswer() => Context?.TryAnswer() != false;
}
