using System.Collections.ObjectModel;
using System.Diagnostics.CodeAnalysis;

namespace UpgradeProtocols;

/// <summary>A declared path: literal segments, compared with case, and segments in braces that match any one segment.</summary>
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

    /// <summary>The segments after the first slash, without one for a slash at the end.</summary>
    public IEnumerable<(string Text, bool IsParameter)> Segments => _segments.Zip(_isParameter).Skip(1).Where(static segment => segment.First.Length > 0);

    /// <summary>The path without the names of its parameters: equal for paths that match the same requests.</summary>
    public string Shape { get; }

    public bool HasParameters => _isParameter.Contains(true);

    /// <summary>
    /// Sorts templates that match the same path, the more specific first: where two differ first, a literal goes before a parameter.
    /// </summary>
    public string Rank => string.Concat(_isParameter.Select(static isParameter => isParameter ? '1' : '0'));

    /// <exception cref="FormatException">The path isn't a template.</exception>
    public static PathTemplate Parse(string path)
    {
        if (!path.StartsWith('/') || path.AsSpan().ContainsAny('?', '#'))
        {
            throw new FormatException($"'{path}' is not a path: it starts with '/' and has no query.");
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
                throw new FormatException($"'{path}': a parameter is a whole segment in braces, such as /devices/{{id}}.");
            }
        }

        var names = segments.Where((_, i) => isParameter[i]).ToArray();
        return names.Distinct(StringComparer.Ordinal).Count() == names.Length
            ? new PathTemplate(path, segments, isParameter)
            : throw new FormatException($"'{path}' names a parameter twice.");
    }

    public bool Matches(string path)
    {
        var index = 0;
        foreach (var range in path.AsSpan().Split('/'))
        {
            var segment = path.AsSpan()[range];
            if (index == _segments.Length || (_isParameter[index] ? segment.IsEmpty : !segment.SequenceEqual(_segments[index])))
            {
                return false;
            }

            index++;
        }

        return index == _segments.Length;
    }

    /// <summary>
    /// The values of the parameters in a path that matches, decoded as far as the path was. The path may have more segments in front,
    /// where the application has put the protocols under a prefix.
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
