namespace UpgradeProtocols;

/// <summary>What became of a message that was sent. For several receivers it is the worst of theirs.</summary>
public enum SendResult
{
    /// <summary>It was handed to the transport, or there was nobody to send it to.</summary>
    Sent,

    /// <summary>It waits in the outbound queue: the peer takes its messages more slowly than they are sent.</summary>
    Queued,

    /// <summary>The queue was full and the policy dropped this message or, for it, an older one.</summary>
    Dropped,

    /// <summary>The connection is closing or closed: the message was not sent.</summary>
    Closed,

    /// <summary>
    /// Beside one of the others, which says what became of it on this server: the other servers don't get it, because the backplane
    /// between them is away or doesn't keep up. <see cref="SendResults.IsPublished"/> and <see cref="SendResults.Here"/> take the two apart.
    /// </summary>
    Unpublished = 16,
}

/// <summary>Tells the two halves of a <see cref="SendResult"/> apart.</summary>
public static class SendResults
{
    /// <summary>What became of the message on this server, whether or not it went to others.</summary>
    /// <param name="result">The result.</param>
    /// <returns>The result without <see cref="SendResult.Unpublished"/>.</returns>
    public static SendResult Here(this SendResult result) => result & ~SendResult.Unpublished;

    /// <summary>Whether the message is on its way to the other servers that it is for, or there is none.</summary>
    /// <param name="result">The result.</param>
    /// <returns>Whether <see cref="SendResult.Unpublished"/> isn't part of it.</returns>
    public static bool IsPublished(this SendResult result) => (result & SendResult.Unpublished) == 0;
}
