using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace UpgradeProtocols.CodeFixes;

/// <summary>Adds attributes to a declaration after its leading comments and directives, so that these keep their positions.</summary>
internal static class AttributeLines
{
    /// <summary>Adds an attribute as the last one, on a separate line unless the declaration is on one line.</summary>
    /// <param name="member">The declaration in its current state.</param>
    /// <param name="list">The attribute.</param>
    /// <param name="tree">The file, which determines the line ending.</param>
    public static MemberDeclarationSyntax Add(MemberDeclarationSyntax member, AttributeListSyntax list, SyntaxTree tree)
    {
        var last = member.AttributeLists.Count > 0 ? member.AttributeLists[member.AttributeLists.Count - 1] : null;
        var next = last is null ? member.GetFirstToken() : last.GetLastToken().GetNextToken();
        var isOneLine = last is not null && !last.GetTrailingTrivia().Concat(next.LeadingTrivia).Any(trivia => trivia.IsKind(SyntaxKind.EndOfLineTrivia));
        var added = list
            .WithLeadingTrivia(next.LeadingTrivia)
            .WithTrailingTrivia(isOneLine ? SyntaxFactory.Space : EndOfLine(tree));
        var indentation = next.LeadingTrivia.Count > 0 ? next.LeadingTrivia[next.LeadingTrivia.Count - 1] : default;
        var bare = member.ReplaceToken(next, next.WithLeadingTrivia(
            !isOneLine && indentation.IsKind(SyntaxKind.WhitespaceTrivia) ? SyntaxFactory.TriviaList(indentation) : SyntaxFactory.TriviaList()));
        return bare.WithAttributeLists(bare.AttributeLists.Add(added));
    }

    /// <summary>The line ending of the file.</summary>
    public static SyntaxTrivia EndOfLine(SyntaxTree tree) =>
        tree.GetRoot().DescendantTrivia().FirstOrDefault(trivia => trivia.IsKind(SyntaxKind.EndOfLineTrivia)) is { RawKind: not 0 } end ? end : SyntaxFactory.LineFeed;
}
