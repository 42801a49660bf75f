namespace UpgradeProtocols;

/// <summary>
/// Paths with parameters, as a tree of their segments: a look-up takes as many steps as the path has segments, independent of the number of
/// paths. If several match, it finds the more specific one: at the first difference, a literal has priority over a parameter.
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

    /// <param name="rest">The text after a slash: a segment and the rest of the path.</param>
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
