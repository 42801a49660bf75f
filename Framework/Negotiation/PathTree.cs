namespace UpgradeProtocols;

/// <summary>
/// Paths with parameters, as a tree of their segments: a look-up takes the steps that the path has segments, however many paths there
/// are. Of those that match, the more specific is found: where two differ first, a literal goes before a parameter.
/// </summary>
internal sealed class PathTree
{
    private readonly Dictionary<string, PathTree> _literals = new(StringComparer.Ordinal);
    private PathTree? _parameter;
    private PathProtocols? _path;

    public void Add(PathProtocols path)
    {
        var node = this;
        foreach (var (text, isParameter) in path.Template.Parts)
        {
            node = isParameter ? node._parameter ??= new PathTree() : node.Literal(text);
        }

        node._path = path;
    }

    /// <param name="rest">What comes after a slash: a segment, and what follows it.</param>
    public PathProtocols? Find(ReadOnlySpan<char> rest)
    {
        var slash = rest.IndexOf('/');
        var segment = slash < 0 ? rest : rest[..slash];
        _literals.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(segment, out var literal);
        return literal?.After(rest, slash) ?? (segment.IsEmpty ? null : _parameter?.After(rest, slash));
    }

    private PathProtocols? After(ReadOnlySpan<char> rest, int slash) => slash < 0 ? _path : Find(rest[(slash + 1)..]);

    private PathTree Literal(string text)
    {
        if (!_literals.TryGetValue(text, out var node))
        {
            _literals.Add(text, node = new PathTree());
        }

        return node;
    }
}
