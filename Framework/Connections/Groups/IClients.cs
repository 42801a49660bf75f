namespace UpgradeProtocols;

/// <summary>Reaches clients from anywhere: a singleton, for handlers and background services alike.</summary>
/// <typeparam name="T">A client contract: an interface marked with <see cref="ClientContractAttribute"/>.</typeparam>
public interface IClients<T>
    where T : class
{
    /// <summary>Every connection whose protocol declares the contract.</summary>
    T All { get; }

    /// <summary>The members of a group. A group exists as long as it has members; to send to none is no error.</summary>
    /// <param name="name">The group's name.</param>
    /// <param name="except">A connection that is left out, such as the sender's.</param>
    /// <returns>The clients.</returns>
    T Group(string name, UpgradeConnection? except = null);

    /// <summary>One connection.</summary>
    /// <param name="id">Its <see cref="UpgradeConnection.Id"/>; sending to one that is gone gives <see cref="SendOutcome.Closed"/>.</param>
    /// <returns>The client.</returns>
    T Connection(string id);

    /// <summary>The connections of a user.</summary>
    /// <param name="id">The user's id, as <see cref="UpgradeConnection.User"/> has it.</param>
    /// <returns>The clients.</returns>
    T User(string id);

    /// <summary>Every connection but one.</summary>
    /// <param name="connection">The one that is left out.</param>
    /// <returns>The clients.</returns>
    T Except(UpgradeConnection connection);

    /// <summary>One connection at hand.</summary>
    /// <param name="connection">The connection.</param>
    /// <returns>The client.</returns>
    T Connection(UpgradeConnection connection);
}
