using System.Text;

namespace UpgradeProtocols;

/// <summary>A member of the Upgrade header (RFC 9110 §7.8): names are case-insensitive, versions must match exactly.</summary>
internal static class UpgradeToken
{
    public static bool Matches(ReadOnlySpan<byte> offered, string declared)
    {
        var declaredName = declared.AsSpan();
        ReadOnlySpan<char> declaredVersion = [];
        if (declared.IndexOf('/') is var slash && slash >= 0)
        {
            declaredName = declared.AsSpan(0, slash);
            declaredVersion = declared.AsSpan(slash);
        }

        if (offered.Length != declared.Length)
        {
            return false;
        }

        return Ascii.EqualsIgnoreCase(offered[..declaredName.Length], declaredName)
            && Ascii.Equals(offered[declaredName.Length..], declaredVersion);
    }
}
