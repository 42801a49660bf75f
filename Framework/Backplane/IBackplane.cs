namespace UpgradeProtocols;

/// <summary>
/// Carries messages between the nodes of an application: publish and subscribe only. The framework handles the
/// content of the messages, their receivers, the timeouts of nodes and the behavior during an outage.
/// Many threads use an implementation concurrently; <c>BackplaneConformance</c> in the repository's tests has the tests that it must pass.
/// </summary>
/// <remarks>
/// Delivery is at most once. Messages that one node publishes to one channel arrive in order, if each call begins after the previous one
/// has returned its task. Channel names are any text of any length that UTF-8 can encode, and are case-sensitive.
/// An implementation hands over received messages at once: the framework keeps the waiting ones, and limits their size.
/// </remarks>
public interface IBackplane : IAsyncDisposable
{
    /// <summary>Begins to connect, and keeps trying until it is disposed of. Called once, before anything else.</summary>
    /// <param name="listener">The listener that gets received messages and connection changes.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>A task that ends without waiting for the server; it fails only where a retry can't help.</returns>
    ValueTask StartAsync(IBackplaneListener listener, CancellationToken cancellationToken);

    /// <summary>Publishes a message to all subscribers of the channel. The publisher itself may get it or not.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="message">The message; its memory belongs to the implementation until the task ends.</param>
    /// <param name="cancellationToken">Is cancelled when no caller waits for the result any more.</param>
    /// <returns>
    /// A task that ends when the server has accepted the message (or, where servers don't acknowledge, when it has been sent), and
    /// fails when that isn't possible. While there is no connection the call throws: nothing is kept for later. A call that throws means
    /// that the message hasn't been sent, and the caller may repeat it. A task that fails, however early, means that the result is unknown.
    /// </returns>
    /// <exception cref="ArgumentException">
    /// The server never accepts such a message (it is too large, or the channel's name can't be encoded). The connection isn't the cause.
    /// </exception>
    ValueTask PublishAsync(string channel, ReadOnlyMemory<byte> message, CancellationToken cancellationToken = default);

    /// <summary>
    /// Subscribes to a channel. A subscription outlives a lost connection: it is restored before
    /// <see cref="IBackplaneListener.Connected"/> is called. A second subscription to the same channel does nothing.
    /// </summary>
    /// <param name="channel">The channel.</param>
    /// <param name="cancellationToken">Is cancelled when the server stops.</param>
    /// <returns>
    /// A task that ends when all messages published from then on arrive here. When it fails, the framework calls the method again after the
    /// next <see cref="IBackplaneListener.Connected"/>.
    /// </returns>
    ValueTask SubscribeAsync(string channel, CancellationToken cancellationToken = default);

    /// <summary>Ends a subscription. Messages may still arrive until the task ends.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="cancellationToken">Is cancelled when the server stops.</param>
    /// <returns>A task that ends when the server has ended the subscription.</returns>
    ValueTask UnsubscribeAsync(string channel, CancellationToken cancellationToken = default);
}

/// <summary>Receives an <see cref="IBackplane"/>'s messages and connection changes. The calls don't throw and don't block.</summary>
public interface IBackplaneListener
{
    /// <summary>
    /// A message has arrived. Messages of one channel come one at a time, in order; different channels may come concurrently.
    /// </summary>
    /// <param name="channel">The channel.</param>
    /// <param name="message">The message, valid during the call.</param>
    void Receive(string channel, ReadOnlySpan<byte> message);

    /// <summary>The connection is established, for the first time or again, with all its subscriptions.</summary>
    void Connected();

    /// <summary>The connection is lost. A repeated call gives another reason.</summary>
    /// <param name="reason">The cause, for the operator.</param>
    void Disconnected(string reason);
}
