using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Editing;
using Microsoft.CodeAnalysis.Simplification;

namespace UpgradeProtocols.CodeFixes;

/// <summary>UPG108: awaits the task if the method is already async.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class AwaitFix() : RuleFix("UPG108")
{
    private protected override Task RegisterAsync(CodeFixContext context, Diagnostic diagnostic, SyntaxNode node)
    {
        var blocking = node.FirstAncestorOrSelf<ExpressionSyntax>(expression => expression.Span == diagnostic.Location.SourceSpan);
        if (blocking is not null && Awaiting.IsPossible(blocking) && Awaited(blocking) is not null && !HasNotesBeside(blocking))
        {
            Offer(context, diagnostic, "Use await", editor => editor.ReplaceNode(
                blocking, (current, generator) => Await(generator, Awaited((ExpressionSyntax)current)!, current)));
        }

        return Task.CompletedTask;
    }

    private static SyntaxNode Await(SyntaxGenerator generator, ExpressionSyntax awaited, SyntaxNode blocking)
    {
        var expression = generator.AwaitExpression(awaited.WithoutTrivia());
        return blocking.Parent is ExpressionStatementSyntax
            ? expression.WithTriviaFrom(blocking)
            : SyntaxFactory.ParenthesizedExpression((ExpressionSyntax)expression)
                .WithTriviaFrom(blocking)
                .WithAdditionalAnnotations(Simplifier.Annotation);
    }

    // The fix would delete a comment or directive inside the removed part of the blocking call.
    private static bool HasNotesBeside(ExpressionSyntax blocking)
    {
        SyntaxNode? kept = blocking switch
        {
            MemberAccessExpressionSyntax access => access.Expression,
            InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax { Name.Identifier.ValueText: "Sleep" } } sleep => sleep.ArgumentList,
            InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax { Expression: InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax { Name.Identifier.ValueText: "GetAwaiter" } awaiter } } } => awaiter.Expression,
            InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax access } => access.Expression,
            _ => null,
        };
        return kept is not null && blocking.DescendantTrivia(descendIntoTrivia: false).Any(trivia =>
            !trivia.IsKind(SyntaxKind.WhitespaceTrivia) && !trivia.IsKind(SyntaxKind.EndOfLineTrivia)
            && blocking.Span.Contains(trivia.Span) && !kept.Span.Contains(trivia.Span));
    }

    // The expression to await instead, or null if the fix needs more changes.
    private static ExpressionSyntax? Awaited(ExpressionSyntax blocking) => blocking switch
    {
        MemberAccessExpressionSyntax { Name.Identifier.ValueText: "Result" } access => access.Expression,
        InvocationExpressionSyntax { ArgumentList.Arguments: [], Expression: MemberAccessExpressionSyntax { Name.Identifier.ValueText: "Wait" } access } => access.Expression,
        InvocationExpressionSyntax
        {
            Expression: MemberAccessExpressionSyntax
            {
                Name.Identifier.ValueText: "GetResult",
                Expression: InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax { Name.Identifier.ValueText: "GetAwaiter" } awaiter },
            },
        } => awaiter.Expression,
        InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax { Name.Identifier.ValueText: "Sleep" } } sleep =>
            SyntaxFactory.InvocationExpression(
                SyntaxFactory.MemberAccessExpression(
                    SyntaxKind.SimpleMemberAccessExpression,
                    (ExpressionSyntax)FullName("System.Threading.Tasks.Task"),
                    SyntaxFactory.IdentifierName("Delay")),
                sleep.ArgumentList),
        _ => null,
    };
}
