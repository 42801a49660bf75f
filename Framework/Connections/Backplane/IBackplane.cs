namespace UpgradeProtocols;

/// <summary>
/// Carries messages between the nodes of an application: publish and subscribe, and nothing more. What the messages are,
/// who gets them, how long a node is waited for and what happens while the way is cut is the framework's business.
/// An implementation is used by many threads at once; <c>BackplaneConformance</c> in the repository's tests is what it has to pass.
/// </summary>
/// <remarks>
/// Delivery is at most once. Messages that one node publishes to one channel, each call begun after the one before had
/// returned its task, arrive in that order. Channel names are any text of any length that UTF-8 can encode, and differ by case.
/// What is received is handed over at once: the framework keeps what waits, and bounds it.
/// </remarks>
public interface IBackplane : IAsyncDisposable
{
    /// <summary>Begins to connect, and goes on trying until it is disposed of. Called once, before anything else.</summary>
    /// <param name="listener">Who is told what arrives and how the connection is.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>A task that ends without waiting for the server to be there; it fails only where trying again can't help.</returns>
    ValueTask StartAsync(IBackplaneListener listener, CancellationToken cancellationToken);

    /// <summary>Publishes a message to all who have subscribed to the channel. Whether the publisher itself gets it doesn't matter.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="message">The message; its memory is the implementation's until the task ends.</param>
    /// <returns>
    /// A task that ends when the server has taken the message (or, where servers don't acknowledge, when it has left), and
    /// fails when that can't be. While there is no connection the call throws: nothing is kept for later. A call that throws says that the
    /// message hasn't left, and may be made again; a task that fails, however early, says that nobody knows.
    /// </returns>
    /// <exception cref="ArgumentException">
    /// The server never takes such a message (it is too large, or the channel's name can't be encoded): the connection isn't to be blamed.
    /// </exception>
    ValueTask PublishAsync(string channel, ReadOnlyMemory<byte> message);

    /// <summary>
    /// Subscribes to a channel. A subscription outlives a lost connection: it is there again before
    /// <see cref="IBackplaneListener.Connected"/> is called. To subscribe again does nothing.
    /// </summary>
    /// <param name="channel">The channel.</param>
    /// <returns>
    /// A task that ends when whatever anybody publishes from then on arrives here. When it fails, it is called again after the next
    /// <see cref="IBackplaneListener.Connected"/>.
    /// </returns>
    ValueTask SubscribeAsync(string channel);

    /// <summary>Ends a subscription. Messages may still arrive until the task ends.</summary>
    /// <param name="channel">The channel.</param>
    /// <returns>A task that ends when the server knows.</returns>
    ValueTask UnsubscribeAsync(string channel);
}

/// <summary>What an <see cref="IBackplane"/> tells the framework. The calls don't throw, and don't wait for anybody.</summary>
public interface IBackplaneListener
{
    /// <summary>A message has arrived. Those of one channel are handed over one at a time, in order; different channels at once.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="message">The message, valid during the call.</param>
    void Receive(string channel, ReadOnlySpan<byte> message);

    /// <summary>The connection is there, for the first time or again, with all its subscriptions.</summary>
    void Connected();

    /// <summary>The connection is lost. Called again, it gives another reason.</summary>
    /// <param name="reason">What happened, for the operator.</param>
    void Disconnected(string reason);
}
