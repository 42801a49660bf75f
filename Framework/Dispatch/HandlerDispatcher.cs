using System.ComponentModel;

namespace UpgradeProtocols.Runtime;

/// <summary>Calls a handler class for one of its protocols. Generated; one instance serves all connections.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class HandlerDispatcher
{
    /// <summary>Creates the handler of a connection.</summary>
    /// <param name="connection">The connection.</param>
    /// <returns>The handler.</returns>
    public abstract object CreateHandler(UpgradeConnection connection);

    /// <summary>The types that are deserialized from the client's messages: none of them may be a service.</summary>
    public virtual Type[] PayloadTypes => [];

    /// <summary>Checks the path and query values that the handler's methods bind.</summary>
    /// <param name="connection">The connection.</param>
    /// <returns>A description of the error for the client's developer, or <see langword="null"/>.</returns>
    public virtual string? CheckRequest(UpgradeConnection connection) => null;

    /// <summary>Calls the method that may refuse the upgrade.</summary>
    /// <param name="handler">The handler.</param>
    /// <param name="connection">The connection.</param>
    /// <returns>The decision.</returns>
    public virtual ValueTask<UpgradeResult> OnUpgradingAsync(object handler, UpgradeConnection connection) => new(UpgradeResult.Accept());

    /// <summary>Calls the handler's method for the start of the connection.</summary>
    /// <param name="handler">The handler.</param>
    /// <param name="connection">The connection.</param>
    /// <returns>The method's task.</returns>
    public virtual ValueTask OnConnectedAsync(object handler, UpgradeConnection connection) => default;

    /// <summary>Starts the method that runs concurrently with the messages.</summary>
    /// <param name="handler">The handler.</param>
    /// <param name="connection">The connection.</param>
    /// <returns>The method's task, or <see langword="null"/> when the handler has none.</returns>
    public virtual Task? RunBackgroundAsync(object handler, UpgradeConnection connection) => null;

    /// <summary>Calls the handler's method for the end of the connection.</summary>
    /// <param name="handler">The handler.</param>
    /// <param name="connection">The connection.</param>
    /// <param name="close">How the connection ended.</param>
    /// <returns>The method's task.</returns>
    public virtual ValueTask OnDisconnectedAsync(object handler, UpgradeConnection connection, CloseInfo close) => default;

    /// <summary>Whether the handler is known to have no background method, so that it isn't asked for one again.</summary>
    internal bool HasNoBackground { get; set; }

    internal abstract TResult Accept<TResult>(IDispatcherVisitor<TResult> visitor, UpgradeConnection connection, object handler);
}
