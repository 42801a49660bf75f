using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace UpgradeProtocols.CodeFixes;

/// <summary>Changes only the accessibility of a declaration. Comments and directives between its modifiers keep their positions.</summary>
internal static class AccessibilityWords
{
    /// <summary>Returns the declaration with a single accessibility modifier, such as <c>internal</c>.</summary>
    public static MemberDeclarationSyntax Replace(MemberDeclarationSyntax member, SyntaxKind word)
    {
        var first = member.Modifiers.FirstOrDefault(IsWord);
        return first.RawKind == 0 ? Insert(member, word) : member.WithModifiers(Replaced(member.Modifiers, first, word));
    }

    private static SyntaxTokenList Replaced(SyntaxTokenList modifiers, SyntaxToken first, SyntaxKind word)
    {
        var others = modifiers.Where(modifier => IsWord(modifier) && modifier != first).ToList();

        // Comments around a removed modifier, such as the second of `private protected`, move behind the remaining one.
        var notes = others.SelectMany(other => other.LeadingTrivia.Concat(other.TrailingTrivia)).ToList();
        var kept = notes.Exists(IsNote) ? first.TrailingTrivia.AddRange(notes) : first.TrailingTrivia;
        var replaced = SyntaxFactory.Token(first.LeadingTrivia, word, kept);
        return SyntaxFactory.TokenList(modifiers.Where(modifier => !others.Contains(modifier)).Select(modifier => modifier == first ? replaced : modifier));
    }

    private static MemberDeclarationSyntax Insert(MemberDeclarationSyntax member, SyntaxKind word)
    {
        var next = member.AttributeLists.Count > 0 ? member.AttributeLists.Last().GetLastToken().GetNextToken() : member.GetFirstToken();
        var added = SyntaxFactory.Token(next.LeadingTrivia, word, SyntaxFactory.TriviaList(SyntaxFactory.Space));
        var bare = member.ReplaceToken(next, next.WithLeadingTrivia());
        return bare.WithModifiers(bare.Modifiers.Insert(0, added));
    }

    private static bool IsNote(SyntaxTrivia trivia) => !trivia.IsKind(SyntaxKind.WhitespaceTrivia) && !trivia.IsKind(SyntaxKind.EndOfLineTrivia);

    // `file` counts too, because it can't be combined with an accessibility modifier.
    private static bool IsWord(SyntaxToken modifier) => SyntaxFacts.IsAccessibilityModifier(modifier.Kind()) || modifier.IsKind(SyntaxKind.FileKeyword);
}
