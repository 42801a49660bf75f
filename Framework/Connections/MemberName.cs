using System.Runtime.CompilerServices;
using System.Text;

namespace UpgradeProtocols;

/// <summary>
/// Names of groups, users and connections. Other nodes get them as UTF-8, which can't encode an unpaired surrogate: names that
/// differ only there would share one channel. Such names are refused everywhere, so that an application notices it on its first node.
/// </summary>
internal static class MemberName
{
    public static void Check(string name, [CallerArgumentExpression(nameof(name))] string? parameter = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name, parameter);
        if (!IsWellFormed(name))
        {
            throw new ArgumentException(
                "The name has half a surrogate pair, which UTF-8 can't encode: on other nodes it would be one with other names. Use text " +
                "that is whole, and encode bytes as base64 or hexadecimal digits.",
                parameter);
        }
    }

    /// <summary>Whether each surrogate is part of a pair.</summary>
    public static bool IsWellFormed(ReadOnlySpan<char> text)
    {
        for (int at; (at = text.IndexOfAnyInRange('\uD800', '\uDFFF')) >= 0; text = text[(at + 2)..])
        {
            if (!Rune.TryCreate(text[at], at + 1 < text.Length ? text[at + 1] : '\0', out _))
            {
                return false;
            }
        }

        return true;
    }
}
