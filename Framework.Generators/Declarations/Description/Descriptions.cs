namespace UpgradeProtocols.Declarations;

/// <summary>A protocol as its clients know it: what the contract lock compares.</summary>
/// <param name="Name"><see langword="null"/> for the path's default.</param>
/// <param name="Receives">What clients send, in the order of their keys.</param>
/// <param name="Sends">What the server sends, in the order of their keys.</param>
/// <param name="Types">The shapes that payloads reach, in the order of their names.</param>
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

/// <summary>A message: its name, <c>#7</c> for a tag, <c>*</c> for the catch-all, and the types it carries.</summary>
/// <param name="Payloads">The payload's type, or those of several parameters as <c>name: type</c>.</param>
/// <param name="Reply">The reply's type.</param>
/// <param name="Stream">The type of a stream's items.</param>
internal sealed record MessageDescription(string Message, EquatableArray<string> Payloads, string? Reply, string? Stream);

/// <summary>The shape of a type: members, or the values of an enum and the types of a polymorphic one.</summary>
internal sealed record TypeDescription(string Type, EquatableArray<MemberDescription> Members, EquatableArray<string> Values);

/// <summary>A member as JSON has it.</summary>
internal sealed record MemberDescription(string Name, string Type, bool IsRequired);
