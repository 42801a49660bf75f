namespace UpgradeProtocols;

/// <summary>
/// Changes the groups of any connection from any code, on any node. A singleton, for background services and controllers; a handler has
/// <see cref="UpgradeConnection.JoinAsync(string, CancellationToken)"/>.
/// </summary>
public interface IGroups
{
    /// <summary>Adds a connection to a group.</summary>
    /// <param name="connectionId">The connection's <see cref="UpgradeConnection.Id"/>; with a backplane it may be on another node.</param>
    /// <param name="group">The group's name.</param>
    /// <param name="tag">The text that others see for the member (<see cref="IPresence"/>).</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>
    /// Whether the connection is open. When the task has ended with <see langword="true"/>, messages to the group reach the connection.
    /// </returns>
    /// <exception cref="ArgumentException">A name is empty, or can't be encoded in UTF-8.</exception>
    /// <exception cref="TimeoutException">
    /// The connection's node didn't confirm within <see cref="BackplaneOptions.JoinTimeout"/>. The connection may join all the same.
    /// </exception>
    /// <exception cref="IOException">The backplane is away, and the connection is on another node.</exception>
    ValueTask<bool> AddAsync(string connectionId, string group, string? tag = null, CancellationToken cancellationToken = default);

    /// <summary>Removes a connection from a group.</summary>
    /// <param name="connectionId">The connection's <see cref="UpgradeConnection.Id"/>; with a backplane it may be on another node.</param>
    /// <param name="group">The group's name.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>
    /// Whether the connection is open, whether or not it was a member. When the task has ended with <see langword="true"/>, messages to
    /// the group no longer reach the connection.
    /// </returns>
    /// <exception cref="ArgumentException">A name is empty, or can't be encoded in UTF-8.</exception>
    /// <exception cref="TimeoutException">
    /// The connection's node didn't confirm within <see cref="BackplaneOptions.JoinTimeout"/>. The connection may leave all the same.
    /// </exception>
    /// <exception cref="IOException">The backplane is away, and the connection is on another node.</exception>
    ValueTask<bool> RemoveAsync(string connectionId, string group, CancellationToken cancellationToken = default);
}
