using System.Collections.ObjectModel;
using System.Diagnostics.CodeAnalysis;

namespace UpgradeProtocols;

/// <summary>A declared path: literal segments, which are case-sensitive, and segments in braces that match any single segment.</summary>
internal sealed class PathTemplate
{
    private static readonly ReadOnlyDictionary<string, string> s_noValues = ReadOnlyDictionary<string, string>.Empty;

    private readonly string[] _segments;
    private readonly bool[] _isParameter;

    private PathTemplate(string text, string[] segments, bool[] isParameter)
    {
        Text = text;
        _segments = segments;
        _isParameter = isParameter;
        Shape = string.Join('/', segments.Zip(isParameter, (segment, parameter) => parameter ? "{}" : segment));
    }

    public string Text { get; }

    /// <summary>The segments after the first slash, without the empty one after a trailing slash.</summary>
    public IEnumerable<(string Text, bool IsParameter)> Segments => Parts.Where(static segment => segment.Text.Length > 0);

    /// <summary>The text between slashes, after the first one: empty after a trailing slash.</summary>
    public IEnumerable<(string Text, bool IsParameter)> Parts => _segments.Zip(_isParameter).Skip(1);

    /// <summary>The path without the names of its parameters: equal for paths that match the same requests.</summary>
    public string Shape { get; }

    public bool HasParameters => _isParameter.Contains(true);

    /// <exception cref="FormatException">The path isn't a template.</exception>
    public static PathTemplate Parse(string path)
    {
        if (!path.StartsWith('/') || path.AsSpan().ContainsAny('?', '#'))
        {
            throw new FormatException($"'{path}' is not a path: a path starts with '/' and has no query.");
        }

        var segments = path.Split('/');
        var isParameter = new bool[segments.Length];
        for (var i = 0; i < segments.Length; i++)
        {
            if (segments[i] is ['{', .. var name, '}'] && name.Length > 0 && !name.AsSpan().ContainsAny('{', '}'))
            {
                isParameter[i] = true;
                segments[i] = name;
            }
            else if (segments[i].AsSpan().ContainsAny('{', '}'))
            {
                throw new FormatException($"'{path}': a parameter must be a whole segment in braces, such as /devices/{{id}}.");
            }
        }

        var names = segments.Where((_, i) => isParameter[i]).ToArray();
        return names.Distinct(StringComparer.Ordinal).Count() == names.Length
            ? new PathTemplate(path, segments, isParameter)
            : throw new FormatException($"'{path}' has a parameter twice.");
    }

    /// <summary>
    /// Gets the values of the parameters from a matching path, decoded as far as the path was. The path may have additional leading
    /// segments, if the application has mapped the protocols under a prefix.
    /// </summary>
    [SuppressMessage("Performance", "CA1859", Justification = "Nearly all paths have no parameters and share one empty dictionary.")]
    public IReadOnlyDictionary<string, string> Values(string path)
    {
        if (!HasParameters)
        {
            return s_noValues;
        }

        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var segments = path.TrimEnd('/').Split('/');
        var prefix = segments.Length - (_segments[^1].Length == 0 ? _segments.Length - 1 : _segments.Length);
        for (var i = 0; i < _segments.Length; i++)
        {
            if (_isParameter[i])
            {
                values.Add(_segments[i], segments[prefix + i]);
            }
        }

        return values;
    }
}
