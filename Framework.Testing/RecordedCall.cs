namespace UpgradeProtocols.Testing;

/// <summary>The kind of a call's receivers.</summary>
public enum RecordedTarget
{
    /// <summary>Every connection, or every connection except <see cref="RecordedCall.Connection"/>.</summary>
    All,

    /// <summary>A group; its name is <see cref="RecordedCall.Name"/>.</summary>
    Group,

    /// <summary>A user; the id is <see cref="RecordedCall.Name"/>.</summary>
    User,

    /// <summary>
    /// One connection; its id is <see cref="RecordedCall.Name"/>, and <see cref="RecordedCall.Connection"/> has the object if the caller
    /// passed one.
    /// </summary>
    Connection,
}

/// <summary>A call of a client contract's method that <see cref="RecordingClients{T}"/> has recorded.</summary>
/// <param name="Target">The kind of receivers.</param>
/// <param name="Name">The group's name, the user's id or the connection's id; several names with commas; empty if there is none.</param>
/// <param name="Connection">The receiving connection, or the excluded one.</param>
/// <param name="Method">The method's name.</param>
/// <param name="Arguments">The method's arguments, without cancellation tokens.</param>
public sealed record RecordedCall(RecordedTarget Target, string Name, UpgradeConnection? Connection, string Method, IReadOnlyList<object?> Arguments)
{
    /// <summary>The names of all receivers, where there are several groups, users or connections; otherwise <see cref="Name"/> alone.</summary>
    public IReadOnlyList<string> Names { get; init; } = Name.Length == 0 ? [] : [Name];

    /// <summary>The connections that are left out, where there are several; otherwise empty.</summary>
    public IReadOnlyList<UpgradeConnection> LeftOut { get; init; } = [];

    /// <summary>Returns the first argument.</summary>
    /// <typeparam name="TArgument">The argument's type.</typeparam>
    /// <returns>The argument.</returns>
    public TArgument Argument<TArgument>() => (TArgument)Arguments[0]!;

    /// <inheritdoc/>
    public override string ToString() => $"{Target}{(Name.Length == 0 ? "" : $"({Name})")}.{Method}({string.Join(", ", Arguments)})";
}
