namespace UpgradeProtocols.Declarations;

/// <summary>A protocol as its clients see it. The contract lock compares these descriptions.</summary>
/// <param name="Name">The name, or <see langword="null"/> for the path's default.</param>
/// <param name="Receives">The messages that clients send, ordered by key.</param>
/// <param name="Sends">The messages that the server sends, ordered by key.</param>
/// <param name="Types">The shapes of the types that payloads reach, ordered by name.</param>
internal sealed record ProtocolDescription(
    string? Name,
    string Path,
    string Kind,
    string Format,
    EquatableArray<MessageDescription> Receives,
    EquatableArray<MessageDescription> Sends,
    EquatableArray<TypeDescription> Types)
{
    public string DisplayName => Name ?? $"the default of {Path}";

    public bool IsSameAs(ProtocolDescription other) => Name == other.Name && Path == other.Path && Kind == other.Kind;
}

/// <summary>A message: its key (its name, <c>#7</c> for a tag, <c>*</c> for the catch-all) and the types that it carries.</summary>
/// <param name="Payloads">The payload's type, or <c>name: type</c> for each of several parameters.</param>
/// <param name="Reply">The reply's type.</param>
/// <param name="Stream">The type of a stream's items.</param>
internal sealed record MessageDescription(string Message, EquatableArray<string> Payloads, string? Reply, string? Stream);

/// <summary>The shape of a type: its members, the values of an enum, or the derived types of a polymorphic type.</summary>
internal sealed record TypeDescription(string Type, EquatableArray<MemberDescription> Members, EquatableArray<string> Values);

/// <summary>A member of a type in JSON.</summary>
internal sealed record MemberDescription(string Name, string Type, bool IsRequired);
