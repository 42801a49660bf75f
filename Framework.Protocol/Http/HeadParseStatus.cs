namespace UpgradeProtocols;

/// <summary>The state of a <see cref="RequestHeadParser"/>.</summary>
internal enum HeadParseStatus
{
    /// <summary>All given bytes were consumed; the head isn't complete.</summary>
    NeedMore,

    /// <summary>The head is complete; the bytes after it stay in the buffer.</summary>
    Done,

    /// <summary>The head is refused: respond with the error and close.</summary>
    Failed,
}
