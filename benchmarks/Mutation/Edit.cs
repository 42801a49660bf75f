using System.Text;

namespace UpgradeProtocols.Mutation;

/// <summary>Text around a span, or in place of it.</summary>
/// <param name="Start">The first character of the span.</param>
/// <param name="End">The position after the span.</param>
/// <param name="Prefix">The text before the span.</param>
/// <param name="Suffix">The text after the span.</param>
/// <param name="Replaces">Whether the prefix replaces the span.</param>
internal sealed record Edit(int Start, int End, string Prefix, string Suffix, bool Replaces = false)
{
    /// <summary>Applies edits whose spans are nested or disjoint; of two with the same span, the first one is the outer one.</summary>
    public static string Apply(string text, IReadOnlyList<Edit> edits)
    {
        var places = new List<(int At, int Phase, int Rank, int Order, Edit Edit)>();
        for (var i = 0; i < edits.Count; i++)
        {
            // At one position: the ends of spans, the inner ones first; then the beginnings, the outer ones first.
            var (edit, length) = (edits[i], edits[i].End - edits[i].Start);
            places.Add((edit.Start, 1, -length, i, edit));
            places.Add((edit.End, 0, length, -i, edit));
        }

        places.Sort(static (one, other) =>
            (one.At, one.Phase, one.Rank, one.Order).CompareTo((other.At, other.Phase, other.Rank, other.Order)));
        var result = new StringBuilder();
        var position = 0;
        foreach (var (at, phase, _, _, edit) in places)
        {
            if (at > position)
            {
                result.Append(text, position, at - position);
                position = at;
            }

            result.Append(phase == 1 ? edit.Prefix : edit.Suffix);
            if (phase == 1 && edit.Replaces)
            {
                position = edit.End;
            }
        }

        return result.Append(text, position, text.Length - position).ToString();
    }
}
