namespace UpgradeProtocols;

/// <summary>Sends to clients from any code: a singleton, for handlers and background services.</summary>
/// <typeparam name="T">A client contract: an interface marked with <see cref="ClientContractAttribute"/>.</typeparam>
public interface IClients<T>
    where T : class
{
    /// <summary>Every connection whose protocol declares the contract.</summary>
    T All { get; }

    /// <summary>The members of a group. A group exists as long as it has members; sending to an empty group isn't an error.</summary>
    /// <param name="name">The group's name.</param>
    /// <param name="except">A connection that is left out, such as the sender's.</param>
    /// <returns>The clients.</returns>
    T Group(string name, UpgradeConnection? except = null);

    /// <summary>One connection.</summary>
    /// <param name="id">
    /// Its <see cref="UpgradeConnection.Id"/>; a send to one that has ended returns <see cref="SendOutcome.Closed"/>.
    /// </param>
    /// <returns>The client.</returns>
    T Connection(string id);

    /// <summary>The connections of a user.</summary>
    /// <param name="id">The user's id, as in <see cref="UpgradeConnection.User"/>.</param>
    /// <returns>The clients.</returns>
    T User(string id);

    /// <summary>The members of several groups; a connection in more than one of them gets a push once.</summary>
    /// <param name="names">The groups' names.</param>
    /// <returns>The clients.</returns>
    /// <remarks>With a backplane, one message goes to every other node.</remarks>
    T Groups(params IReadOnlyCollection<string> names);

    /// <summary>The connections of several users.</summary>
    /// <param name="ids">The users' ids, as in <see cref="UpgradeConnection.User"/>.</param>
    /// <returns>The clients.</returns>
    T Users(params IReadOnlyCollection<string> ids);

    /// <summary>Several connections.</summary>
    /// <param name="ids">Their <see cref="UpgradeConnection.Id"/>s; one that has ended is skipped.</param>
    /// <returns>The clients.</returns>
    T Connections(params IReadOnlyCollection<string> ids);

    /// <summary>Every connection but some.</summary>
    /// <param name="connections">Those that are left out.</param>
    /// <returns>The clients.</returns>
    T Except(params IReadOnlyCollection<UpgradeConnection> connections);

    /// <summary>Every connection but one.</summary>
    /// <param name="connection">The one that is left out.</param>
    /// <returns>The clients.</returns>
    T Except(UpgradeConnection connection);

    /// <summary>One connection, given as an object.</summary>
    /// <param name="connection">The connection.</param>
    /// <returns>The client.</returns>
    T Connection(UpgradeConnection connection);
}
