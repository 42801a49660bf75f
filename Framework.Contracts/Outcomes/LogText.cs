using System.Buffers;
using System.Globalization;

namespace UpgradeProtocols;

/// <summary>
/// Sanitizes a peer's text for a log line: one line, without characters that move a terminal's cursor or change the text direction, and
/// truncated to a readable length.
/// </summary>
internal static class LogText
{
    private const int MaxLength = 200;
    private const char Replacement = '\uFFFD';

    private static readonly SearchValues<char> s_unfit = SearchValues.Create([.. Enumerable.Range(0, 0x10000).Select(static c => (char)c).Where(IsUnfit)]);

    public static string Of(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return "";
        }

        var kept = text.AsSpan(0, Math.Min(text.Length, MaxLength));
        if (!kept.ContainsAny(s_unfit))
        {
            return kept.Length == text.Length ? text : $"{kept}…";
        }

        Span<char> fit = stackalloc char[kept.Length];
        kept.ReplaceAny(fit, s_unfit, Replacement);
        return kept.Length == text.Length ? fit.ToString() : $"{fit}…";
    }

    private static bool IsUnfit(char c) => char.GetUnicodeCategory(c)
        is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
