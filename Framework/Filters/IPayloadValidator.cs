namespace UpgradeProtocols;

/// <summary>
/// Checks a payload after the server has read it and before the handler gets it.
/// <see cref="UpgradeProtocolsBuilder.AddPayloadValidator{TValidator}"/> adds one; several run in the order in which they were added. A
/// connection has one instance, created from its services, unless the application has registered the validator as a singleton.
/// </summary>
/// <example>
/// <code>
/// public sealed class OrderLimits : IPayloadValidator
/// {
///     public void Validate(MessageContext message, object payload)
///     {
///         if (payload is Order { Quantity: &gt; 1000 })
///         {
///             throw new PayloadException("The quantity is at most 1000.");
///         }
///     }
/// }
/// </code>
/// </example>
public interface IPayloadValidator
{
    /// <summary>
    /// Checks a payload. It isn't called for payloads of plain bytes or characters (spans, memory); read those from
    /// <see cref="MessageContext.Payload"/>.
    /// </summary>
    /// <param name="message">The message.</param>
    /// <param name="payload">The payload; never <see langword="null"/>.</param>
    /// <exception cref="PayloadException">The payload is refused: the peer gets the format's "invalid payload" error.</exception>
    /// <exception cref="MessageException">The payload is refused with this error.</exception>
    void Validate(MessageContext message, object payload);
}
