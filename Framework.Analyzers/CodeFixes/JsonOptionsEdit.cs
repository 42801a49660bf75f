using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Editing;
using Microsoft.CodeAnalysis.Simplification;

namespace UpgradeProtocols.CodeFixes;

/// <summary>Sets options in the [JsonSourceGenerationOptions] of a context, and adds the attribute if it is missing.</summary>
internal static class JsonOptionsEdit
{
    private const string Options = "System.Text.Json.Serialization.JsonSourceGenerationOptions";

    /// <summary>Creates the edit, or returns <see langword="null"/> if the attribute is in another file.</summary>
    /// <param name="json">The declaration of the context.</param>
    /// <param name="symbol">The symbol of the context.</param>
    /// <param name="change">Changes the existing arguments.</param>
    public static Action<DocumentEditor>? Of(
        ClassDeclarationSyntax json, INamedTypeSymbol symbol, Func<AttributeArgumentListSyntax, AttributeArgumentListSyntax> change)
    {
        var existing = symbol.GetAttributes().FirstOrDefault(attribute => attribute.AttributeClass?.ToDisplayString() == Options + "Attribute");
        if (existing is null)
        {
            return editor => editor.ReplaceNode(json, (current, generator) =>
            {
                var added = (AttributeListSyntax)RuleFix.Attribute(generator, Options);
                var attribute = added.Attributes[0];
                return AttributeLines.Add(
                    (MemberDeclarationSyntax)current, added.ReplaceNode(attribute, attribute.WithArgumentList(change(SyntaxFactory.AttributeArgumentList()))), json.SyntaxTree);
            });
        }

        return existing.ApplicationSyntaxReference is { } reference && reference.SyntaxTree == json.SyntaxTree && reference.GetSyntax() is AttributeSyntax written
            ? editor => editor.ReplaceNode(
                written, (current, _) => ((AttributeSyntax)current).WithArgumentList(change(((AttributeSyntax)current).ArgumentList ?? SyntaxFactory.AttributeArgumentList())))
            : null;
    }

    /// <summary>Adds an option, or changes its value if it is already set.</summary>
    public static AttributeArgumentListSyntax Set(AttributeArgumentListSyntax list, string name, string value)
    {
        var expression = SyntaxFactory.ParseExpression(value);
        if (list.Arguments.FirstOrDefault(argument => argument.NameEquals?.Name.Identifier.ValueText == name) is { } given)
        {
            return list.ReplaceNode(given.Expression, expression.WithTriviaFrom(given.Expression));
        }

        return Insert(list, list.Arguments.Count, SyntaxFactory.AttributeArgument(
            SyntaxFactory.NameEquals(SyntaxFactory.IdentifierName(name).WithTrailingTrivia(SyntaxFactory.Space))
                .WithEqualsToken(SyntaxFactory.Token(SyntaxKind.EqualsToken).WithTrailingTrivia(SyntaxFactory.Space)),
            nameColon: null,
            expression));
    }

    /// <summary>Sets the JsonSerializerDefaults argument.</summary>
    public static AttributeArgumentListSyntax SetDefaults(AttributeArgumentListSyntax list, string value)
    {
        var expression = SyntaxFactory.ParseExpression(value).WithAdditionalAnnotations(Simplifier.Annotation);
        return list.Arguments.FirstOrDefault() is { NameEquals: null } given
            ? list.ReplaceNode(given.Expression, expression.WithTriviaFrom(given.Expression))
            : Insert(list, 0, SyntaxFactory.AttributeArgument(expression));
    }

    // If the list has one argument per line, the new argument gets its own line.
    private static AttributeArgumentListSyntax Insert(AttributeArgumentListSyntax list, int index, AttributeArgumentSyntax argument)
    {
        var arguments = list.Arguments;
        if (arguments.Count == 0)
        {
            return list.WithArguments(SyntaxFactory.SingletonSeparatedList(argument));
        }

        var separators = arguments.GetSeparators().ToList();
        var neighbour = arguments[Math.Min(index, arguments.Count - 1)];
        var indentation = neighbour.GetLeadingTrivia().Where(trivia => trivia.IsKind(SyntaxKind.WhitespaceTrivia)).Take(1).ToList();
        var line = list.DescendantTrivia().FirstOrDefault(trivia => trivia.IsKind(SyntaxKind.EndOfLineTrivia));
        var between = SyntaxFactory.TriviaList(indentation.Count > 0 && line.RawKind != 0 ? line : SyntaxFactory.Space);
        var added = argument.WithLeadingTrivia(indentation).WithTrailingTrivia();
        if (index < arguments.Count)
        {
            return list.WithArguments(SyntaxFactory.SeparatedList([added, .. arguments], [Comma(between), .. separators]));
        }

        // A comment after the last argument stays after it, behind the comma.
        var behind = neighbour.GetTrailingTrivia().Where(trivia => trivia.FullSpan.Length > 0).ToList();
        return list.WithArguments(SyntaxFactory.SeparatedList(
            [.. arguments.Take(arguments.Count - 1), neighbour.WithTrailingTrivia(), added],
            [.. separators, Comma(behind.Count > 0 ? SyntaxFactory.TriviaList(behind) : between)]));
    }

    private static SyntaxToken Comma(SyntaxTriviaList behind) => SyntaxFactory.Token(SyntaxFactory.TriviaList(), SyntaxKind.CommaToken, behind);
}
