namespace UpgradeProtocols;

/// <summary>
/// The result of sending a message. It has two independent parts: the outcome on this server, and whether the other servers get the
/// message. For several receivers it is the worst of their results.
/// </summary>
/// <example>
/// <code>
/// var result = await clients.Group("lobby").SaidAsync(said);
/// if (result.Outcome == SendOutcome.Closed || !result.IsPublished) { … }
/// </code>
/// </example>
public readonly struct SendResult
{
    private readonly bool _isUnpublished;

    /// <summary>Creates a result. The default value is a message that was sent and published.</summary>
    /// <param name="outcome">The outcome on this server.</param>
    /// <param name="isPublished">Whether the other servers get the message.</param>
    public SendResult(SendOutcome outcome, bool isPublished = true)
    {
        Outcome = outcome;
        _isUnpublished = !isPublished;
    }

    /// <summary>The outcome on this server.</summary>
    public SendOutcome Outcome { get; }

    /// <summary>
    /// Whether the message is on its way to the other servers that have receivers. It is also true if there are no other servers. It is
    /// false if the backplane is disconnected or too slow.
    /// </summary>
    public bool IsPublished => !_isUnpublished;

    /// <summary>Creates a result with this outcome that is published.</summary>
    /// <param name="outcome">The outcome on this server.</param>
    public static implicit operator SendResult(SendOutcome outcome) => new(outcome);

    /// <summary>Returns the outcome, and "not published" if the other servers don't get the message.</summary>
    public override string ToString() => _isUnpublished ? $"{Outcome}, not published" : Outcome.ToString();
}
