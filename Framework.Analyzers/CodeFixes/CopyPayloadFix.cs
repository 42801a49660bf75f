using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Simplification;

namespace UpgradeProtocols.CodeFixes;

/// <summary>UPG109: copies the payload that outlives the call. If a lambda captures it, the copy is made before the lambda.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class CopyPayloadFix() : RuleFix("UPG109")
{
    private const string Title = "Copy the payload with ToArray()";

    private protected override Task RegisterAsync(CodeFixContext context, Diagnostic diagnostic, SyntaxNode node)
    {
        if (!diagnostic.Properties.TryGetValue("CanCopy", out var canCopy) || canCopy is null
            || node.FirstAncestorOrSelf<ExpressionSyntax>(expression => expression.Span == diagnostic.Location.SourceSpan) is not { } borrowed)
        {
            return Task.CompletedTask;
        }

        var lambda = borrowed.Ancestors().TakeWhile(ancestor => ancestor is not MemberDeclarationSyntax).OfType<AnonymousFunctionExpressionSyntax>().LastOrDefault();
        if (lambda is null)
        {
            Offer(context, diagnostic, Title, editor => editor.ReplaceNode(borrowed, (current, _) => Copy((ExpressionSyntax)current)));
        }
        else if (borrowed is IdentifierNameSyntax name && lambda.FirstAncestorOrSelf<StatementSyntax>() is { Parent: BlockSyntax } statement)
        {
            OfferBefore(context, diagnostic, name, lambda, statement);
        }

        return Task.CompletedTask;
    }

    private void OfferBefore(CodeFixContext context, Diagnostic diagnostic, IdentifierNameSyntax name, AnonymousFunctionExpressionSyntax lambda, StatementSyntax statement)
    {
        var copy = name.Identifier.ValueText + "Copy";
        if (statement.Parent!.DescendantTokens().Any(token => token.ValueText == copy))
        {
            return;
        }

        Offer(context, diagnostic, Title, editor =>
        {
            // The copy has the same type as the payload, because the lambda uses its members.
            var declaration = (LocalDeclarationStatementSyntax)SyntaxFactory.ParseStatement(
                $"global::System.ReadOnlyMemory<byte> {copy} = {name.Identifier.Text}.ToArray();");
            declaration = declaration.ReplaceNode(declaration.Declaration.Type, declaration.Declaration.Type.WithAdditionalAnnotations(Simplifier.Annotation));
            editor.InsertBefore(statement, OnLineBefore(declaration, statement));
            foreach (var use in lambda.DescendantNodes().OfType<IdentifierNameSyntax>().Where(use => use.Identifier.ValueText == name.Identifier.ValueText && IsValue(use)))
            {
                editor.ReplaceNode(use, SyntaxFactory.IdentifierName(copy).WithTriviaFrom(use));
            }
        }, target: lambda);
    }

    private static bool IsValue(IdentifierNameSyntax use) => use.Parent switch
    {
        MemberAccessExpressionSyntax access => access.Expression == use,
        NameColonSyntax or NameEqualsSyntax => false,
        _ => true,
    };

    private static InvocationExpressionSyntax Copy(ExpressionSyntax borrowed)
    {
        var bare = borrowed.WithoutTrivia();
        var receiver = bare is IdentifierNameSyntax or MemberAccessExpressionSyntax or InvocationExpressionSyntax or ElementAccessExpressionSyntax
            ? bare
            : SyntaxFactory.ParenthesizedExpression(bare);
        return SyntaxFactory.InvocationExpression(
                SyntaxFactory.MemberAccessExpression(SyntaxKind.SimpleMemberAccessExpression, receiver, SyntaxFactory.IdentifierName("ToArray")))
            .WithTriviaFrom(borrowed);
    }
}
