namespace UpgradeProtocols;

/// <summary>The directory of this server's connections, for operators. A singleton.</summary>
public interface IConnections
{
    /// <summary>How many connections are open.</summary>
    int Count { get; }

    /// <summary>The open connections, as of now.</summary>
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
}
