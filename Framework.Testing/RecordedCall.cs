namespace UpgradeProtocols.Testing;

/// <summary>Whom a call was for.</summary>
public enum RecordedTarget
{
    /// <summary>Every connection, or every one but <see cref="RecordedCall.Connection"/>.</summary>
    All,

    /// <summary>A group, named by <see cref="RecordedCall.Name"/>.</summary>
    Group,

    /// <summary>A user, named by <see cref="RecordedCall.Name"/>.</summary>
    User,

    /// <summary>One connection, by its id (<see cref="RecordedCall.Name"/>) or itself (<see cref="RecordedCall.Connection"/>).</summary>
    Connection,
}

/// <summary>A call of a client contract's method that <see cref="RecordingClients{T}"/> has kept.</summary>
/// <param name="Target">Whom it was for.</param>
/// <param name="Name">The group's name, the user's or the connection's id; empty where there is none.</param>
/// <param name="Connection">The connection that it was for, or that was left out.</param>
/// <param name="Method">The method's name.</param>
/// <param name="Arguments">Its arguments, without a cancellation token.</param>
public sealed record RecordedCall(RecordedTarget Target, string Name, UpgradeConnection? Connection, string Method, IReadOnlyList<object?> Arguments)
{
    /// <summary>The first argument.</summary>
    /// <typeparam name="TArgument">Its type.</typeparam>
    /// <returns>The argument.</returns>
    public TArgument Argument<TArgument>() => (TArgument)Arguments[0]!;

    /// <inheritdoc/>
    public override string ToString() => $"{Target}{(Name.Length == 0 ? "" : $"({Name})")}.{Method}({string.Join(", ", Arguments)})";
}
