namespace UpgradeProtocols;

/// <summary>What became of a message for other nodes.</summary>
internal enum PublishOutcome
{
    Published,
    Buffered,
    Refused,
}

internal static class PublishOutcomes
{
    /// <summary>What became of a message here, with what became of it for other nodes.</summary>
    public static SendResult With(this SendResult here, PublishOutcome outcome) => outcome switch
    {
        PublishOutcome.Published => here,
        PublishOutcome.Buffered => here < SendResult.Queued ? SendResult.Queued : here,
        _ => here | SendResult.Unpublished,
    };
}
