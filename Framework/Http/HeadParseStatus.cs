namespace UpgradeProtocols;

/// <summary>Where a <see cref="RequestHeadParser"/> stands.</summary>
internal enum HeadParseStatus
{
    /// <summary>Every byte given was taken over; the head isn't complete.</summary>
    NeedMore,

    /// <summary>The head is complete; what follows it was left in the buffer.</summary>
    Done,

    /// <summary>The head is refused: answer with the error and close.</summary>
    Failed,
}
