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

    /// <summary>Every connection but one.</summary>
    /// <param name="connection">The one that is left out.</param>
    /// <returns>The clients.</returns>
    T Except(UpgradeConnection connection);

    /// <summary>One connection, given as an object.</summary>
    /// <param name="connection">The connection.</param>
    /// <returns>The client.</returns>
    T Connection(UpgradeConnection connection);
}
