namespace UpgradeProtocols;

/// <summary>The exception for a payload that doesn't have its type's shape. The exception's message is sent to the peer.</summary>
public sealed class PayloadException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">A description of the error for the peer's developer.</param>
    public PayloadException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">A description of the error for the peer's developer.</param>
    /// <param name="innerException">The cause. It is not sent.</param>
    public PayloadException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
