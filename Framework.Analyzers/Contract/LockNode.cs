namespace UpgradeProtocols.Analyzers;

/// <summary>A value of the lock file and its start position.</summary>
/// <param name="Value">A string, a long, a bool, <see langword="null"/>, a list of nodes, or a dictionary of nodes by name.</param>
internal sealed record LockNode(object? Value, int Position)
{
    public string Text => Value as string ?? throw new LockSyntaxException("a string is expected", Position);

    public string? TextOrNull => Value is null ? null : Text;

    public bool Flag => Value as bool? ?? throw new LockSyntaxException("true or false is expected", Position);

    public IReadOnlyList<LockNode> Items => Value as List<LockNode> ?? throw new LockSyntaxException("an array is expected", Position);

    private Dictionary<string, LockNode> Members => Value as Dictionary<string, LockNode> ?? throw new LockSyntaxException("an object is expected", Position);

    public LockNode this[string name] => Optional(name) ?? throw new LockSyntaxException($"'{name}' is missing", Position);

    public LockNode? Optional(string name) => Members.TryGetValue(name, out var node) ? node : null;

    /// <summary>Rejects unknown members, because they may be typing errors.</summary>
    public LockNode With(params string[] known)
    {
        foreach (var member in Members)
        {
            if (!known.Contains(member.Key))
            {
                throw new LockSyntaxException($"'{member.Key}' is unknown", member.Value.Position);
            }
        }

        return this;
    }
}
