namespace UpgradeProtocols;

/// <summary>The outcome of publishing a message to other nodes.</summary>
internal enum PublishOutcome
{
    Published,
    Buffered,
    Refused,
}

internal static class PublishOutcomes
{
    /// <summary>Combines the local result of a message with its outcome for other nodes.</summary>
    public static SendResult With(this SendResult here, PublishOutcome outcome) => outcome switch
    {
        PublishOutcome.Published => here,
        PublishOutcome.Buffered when here.Outcome == SendOutcome.Sent => new(SendOutcome.Queued, here.IsPublished),
        PublishOutcome.Buffered => here,
        _ => new(here.Outcome, isPublished: false),
    };
}
