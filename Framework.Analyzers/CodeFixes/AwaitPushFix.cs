using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace UpgradeProtocols.CodeFixes;

/// <summary>UPG121: awaits the push if the method is already async.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class AwaitPushFix() : RuleFix("UPG121")
{
    private protected override Task RegisterAsync(CodeFixContext context, Diagnostic diagnostic, SyntaxNode node)
    {
        // A conditional access may return null, which can't be awaited.
        if (node.FirstAncestorOrSelf<ExpressionStatementSyntax>() is { Expression: InvocationExpressionSyntax call } && Awaiting.IsPossible(call))
        {
            Offer(context, diagnostic, "Use await", editor => editor.ReplaceNode(
                call, (current, _) => SyntaxFactory.AwaitExpression(
                    SyntaxFactory.Token(current.GetLeadingTrivia(), SyntaxKind.AwaitKeyword, SyntaxFactory.TriviaList(SyntaxFactory.Space)),
                    ((ExpressionSyntax)current).WithoutLeadingTrivia())));
        }

        return Task.CompletedTask;
    }
}
