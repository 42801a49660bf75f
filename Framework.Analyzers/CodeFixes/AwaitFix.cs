using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Editing;
using Microsoft.CodeAnalysis.Simplification;

namespace UpgradeProtocols.CodeFixes;

/// <summary>UPG108: where the method is async already, the task is awaited.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class AwaitFix() : RuleFix("UPG108")
{
    private protected override Task RegisterAsync(CodeFixContext context, Diagnostic diagnostic, SyntaxNode node)
    {
        var blocking = node.FirstAncestorOrSelf<ExpressionSyntax>(expression => expression.Span == diagnostic.Location.SourceSpan);
        if (blocking is not null && CanAwait(blocking) && Awaited(blocking) is { } awaited)
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

    // What is to be awaited instead, or null where it takes more than that.
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

    private static bool CanAwait(SyntaxNode node)
    {
        foreach (var ancestor in node.Ancestors())
        {
            switch (ancestor)
            {
                case LockStatementSyntax or UnsafeStatementSyntax or QueryExpressionSyntax:
                    return false;
                case LocalFunctionStatementSyntax local:
                    return local.Modifiers.Any(SyntaxKind.AsyncKeyword);
                case MethodDeclarationSyntax method:
                    return method.Modifiers.Any(SyntaxKind.AsyncKeyword);
                case MemberDeclarationSyntax:
                    return false;
            }
        }

        return false;
    }
}
