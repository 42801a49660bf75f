using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Editing;
using Microsoft.CodeAnalysis.Formatting;
using Microsoft.CodeAnalysis.Simplification;

namespace UpgradeProtocols.CodeFixes;

/// <summary>A fix that changes the document that the diagnostic is in.</summary>
/// <param name="ids">The rules.</param>
public abstract class RuleFix(params string[] ids) : CodeFixProvider
{
    /// <inheritdoc/>
    public sealed override ImmutableArray<string> FixableDiagnosticIds { get; } = [.. ids];

    /// <inheritdoc/>
    public sealed override FixAllProvider? GetFixAllProvider() => EditAllProvider.For(this);

    /// <inheritdoc/>
    public sealed override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        if (await context.Document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false) is not { } root)
        {
            return;
        }

        foreach (var diagnostic in context.Diagnostics)
        {
            var node = root.FindNode(diagnostic.Location.SourceSpan, getInnermostNodeForTie: true);
            await RegisterAsync(context, diagnostic, node).ConfigureAwait(false);
        }
    }

    /// <summary>Offers what can be done about a diagnostic.</summary>
    /// <param name="context">Where to offer it.</param>
    /// <param name="diagnostic">The diagnostic.</param>
    /// <param name="node">What the diagnostic is reported on.</param>
    /// <returns>A task.</returns>
    private protected abstract Task RegisterAsync(CodeFixContext context, Diagnostic diagnostic, SyntaxNode node);

    /// <summary>Offers an edit of the diagnostic's document.</summary>
    /// <param name="context">Where to offer it.</param>
    /// <param name="diagnostic">The diagnostic.</param>
    /// <param name="title">What it does, for people.</param>
    /// <param name="edit">Makes the edit.</param>
    /// <param name="kind">Tells apart several that are offered for a diagnostic.</param>
    /// <param name="target">What it changes, where several diagnostics may ask for the same change.</param>
    private protected void Offer(
        CodeFixContext context, Diagnostic diagnostic, string title, Action<DocumentEditor> edit, string kind = "", SyntaxNode? target = null) =>
        context.RegisterCodeFix(new EditAction(title, GetType().Name + kind, context.Document, edit, target), diagnostic);

    /// <summary>An attribute, or a type, by its full name; it is shortened as far as the document's usings allow.</summary>
    internal static SyntaxNode Attribute(SyntaxGenerator generator, string fullName, params SyntaxNode[] arguments) =>
        generator.Attribute(FullName(fullName), arguments is [] ? null : arguments).WithAdditionalAnnotations(Formatter.Annotation);

    /// <summary>Gives a new statement a line of its own before another, and that one's indentation; comments stay where they are.</summary>
    private protected static TStatement OnLineBefore<TStatement>(TStatement added, SyntaxNode statement)
        where TStatement : SyntaxNode =>
        added
            .WithLeadingTrivia(statement.GetLeadingTrivia().Where(trivia => trivia.IsKind(SyntaxKind.WhitespaceTrivia)).Take(1))
            .WithTrailingTrivia(AttributeLines.EndOfLine(statement.SyntaxTree))
            .WithAdditionalAnnotations(Formatter.Annotation);

    /// <inheritdoc cref="Attribute"/>
    private protected static SyntaxNode FullName(string fullName) =>
        SyntaxFactory.ParseName("global::" + fullName).WithAdditionalAnnotations(Simplifier.Annotation);
}
