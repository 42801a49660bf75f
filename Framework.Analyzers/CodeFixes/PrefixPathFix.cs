using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace UpgradeProtocols.CodeFixes;

/// <summary>UPG006: adds the leading slash to a path.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class PrefixPathFix() : RuleFix("UPG006")
{
    private protected override Task RegisterAsync(CodeFixContext context, Diagnostic diagnostic, SyntaxNode node)
    {
        var argument = node.FirstAncestorOrSelf<AttributeArgumentSyntax>();
        if (argument is { NameEquals.Name.Identifier.ValueText: "Path", Expression: LiteralExpressionSyntax literal }
            && literal.Token.Value is string path
            && IsPathWithoutSlash(path))
        {
            Offer(context, diagnostic, "Start the path with '/'", editor => editor.ReplaceNode(
                literal,
                SyntaxFactory.LiteralExpression(SyntaxKind.StringLiteralExpression, SyntaxFactory.Literal("/" + path)).WithTriviaFrom(literal)));
        }

        return Task.CompletedTask;
    }

    // A complete URL is wrong in more than its first character.
    private static bool IsPathWithoutSlash(string path) =>
        !path.StartsWith("/", StringComparison.Ordinal)
        && !path.StartsWith("~", StringComparison.Ordinal)
        && path.IndexOf("://", StringComparison.Ordinal) < 0;
}
