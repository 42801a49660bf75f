namespace UpgradeProtocols;

/// <summary>The directory of this server's connections, for operators. A singleton.</summary>
public interface IConnections
{
    /// <summary>The number of open connections.</summary>
    int Count { get; }

    /// <summary>Lists the connections that are open now.</summary>
    /// <returns>The connections.</returns>
    IReadOnlyList<UpgradeConnection> List();

    /// <summary>Finds a connection.</summary>
    /// <param name="id">Its id.</param>
    /// <returns>The connection, or <see langword="null"/> when it isn't open.</returns>
    UpgradeConnection? Find(string id);

    /// <summary>Finds a user's connections.</summary>
    /// <param name="userId">The user's id.</param>
    /// <returns>The connections.</returns>
    IReadOnlyList<UpgradeConnection> FindByUser(string userId);

    /// <summary>Finds a group's members.</summary>
    /// <param name="group">The group's name.</param>
    /// <returns>The connections.</returns>
    IReadOnlyList<UpgradeConnection> FindByGroup(string group);

    /// <summary>Counts the connections of a protocol.</summary>
    /// <param name="protocol">Its name, as it was declared; <see langword="null"/> for protocols without a name.</param>
    /// <returns>The number of open connections.</returns>
    int CountOf(string? protocol);

    /// <summary>Begins to close a connection, as <see cref="UpgradeConnection.CloseAsync"/> does.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="code">The close code: 1000 to 1003, 1007 to 1014, or 3000 to 4999.</param>
    /// <param name="reason">A short reason for the peer, 123 bytes of UTF-8 at most.</param>
    /// <returns>Whether it was open.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The code can't be sent.</exception>
    bool Close(string id, int code = 1000, string reason = "");

    /// <summary>Begins to close every connection of a user.</summary>
    /// <param name="userId">The user's id.</param>
    /// <param name="code">The close code: 1000 to 1003, 1007 to 1014, or 3000 to 4999.</param>
    /// <param name="reason">A short reason for the peer, 123 bytes of UTF-8 at most.</param>
    /// <returns>The number of connections that begin to close.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The code can't be sent.</exception>
    int CloseUser(string userId, int code = 1000, string reason = "");

    /// <summary>
    /// Sends a message as it is, without an envelope, to many connections. It skips raw protocols without framing. It doesn't wait: for a
    /// connection whose queue is full, the protocol's slow-consumer policy applies. <see cref="IClients{T}"/> sends typed messages.
    /// </summary>
    /// <param name="message">The message. It may be reused as soon as the method returns.</param>
    /// <param name="kind">Text (which must be UTF-8) or binary.</param>
    /// <param name="predicate">Selects connections, for instance by their protocol; all when <see langword="null"/>.</param>
    /// <returns>
    /// The number of connections that it was sent to or queued for, without those that dropped this message or an older one.
    /// </returns>
    int Broadcast(ReadOnlySpan<byte> message, MessageKind kind, Func<UpgradeConnection, bool>? predicate = null);
}
