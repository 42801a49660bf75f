using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace UpgradeProtocols.CodeFixes;

/// <summary>UPG122: a message gets a name of its own, the method's in camel case.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class NameMessageFix() : RuleFix("UPG122")
{
    private protected override Task RegisterAsync(CodeFixContext context, Diagnostic diagnostic, SyntaxNode node)
    {
        if (node.FirstAncestorOrSelf<AttributeSyntax>() is { } attribute && diagnostic.Properties.TryGetValue("Name", out var name) && name is not null)
        {
            Offer(context, diagnostic, $"Name the message \"{name}\"", editor => editor.ReplaceNode(attribute, Named(attribute, name)));
        }

        return Task.CompletedTask;
    }

    private static AttributeSyntax Named(AttributeSyntax attribute, string name)
    {
        var literal = SyntaxFactory.AttributeArgument(
            SyntaxFactory.LiteralExpression(SyntaxKind.StringLiteralExpression, SyntaxFactory.Literal(name)));
        if (attribute.ArgumentList is not { Arguments.Count: > 0 } list)
        {
            // An empty list keeps its comments.
            return attribute.ArgumentList is { } empty
                ? attribute.WithArgumentList(empty.WithArguments(SyntaxFactory.SingletonSeparatedList(literal)))
                : attribute.WithName(attribute.Name.WithoutTrailingTrivia()).WithArgumentList(
                    SyntaxFactory.AttributeArgumentList(SyntaxFactory.SingletonSeparatedList(literal)).WithTrailingTrivia(attribute.Name.GetTrailingTrivia()));
        }

        var comma = SyntaxFactory.Token(SyntaxKind.CommaToken).WithTrailingTrivia(SyntaxFactory.Space);
        return attribute.WithArgumentList(list.WithArguments(
            SyntaxFactory.SeparatedList([literal, .. list.Arguments], [comma, .. list.Arguments.GetSeparators()])));
    }
}
