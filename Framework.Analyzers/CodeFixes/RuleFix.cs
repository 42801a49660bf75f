using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Editing;
using Microsoft.CodeAnalysis.Formatting;
using Microsoft.CodeAnalysis.Simplification;

namespace UpgradeProtocols.CodeFixes;

/// <summary>A fix that changes the document of the diagnostic.</summary>
/// <param name="ids">The ids of the rules.</param>
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

    /// <summary>Registers the fixes of a diagnostic.</summary>
    /// <param name="context">The context in which to register them.</param>
    /// <param name="diagnostic">The diagnostic.</param>
    /// <param name="node">The node at the diagnostic's location.</param>
    /// <returns>A task.</returns>
    private protected abstract Task RegisterAsync(CodeFixContext context, Diagnostic diagnostic, SyntaxNode node);

    /// <summary>Registers an edit of the diagnostic's document.</summary>
    /// <param name="context">The context in which to register it.</param>
    /// <param name="diagnostic">The diagnostic.</param>
    /// <param name="title">The title of the fix.</param>
    /// <param name="edit">Applies the edit.</param>
    /// <param name="kind">A suffix of the equivalence key that distinguishes several fixes of one diagnostic.</param>
    /// <param name="target">The edited node, if several diagnostics may require the same edit.</param>
    private protected void Offer(
        CodeFixContext context, Diagnostic diagnostic, string title, Action<DocumentEditor> edit, string kind = "", SyntaxNode? target = null) =>
        context.RegisterCodeFix(new EditAction(title, GetType().Name + kind, context.Document, edit, target), diagnostic);

    /// <summary>Creates an attribute or a type name from a full name. The document's usings determine how far it is shortened.</summary>
    internal static SyntaxNode Attribute(SyntaxGenerator generator, string fullName, params SyntaxNode[] arguments) =>
        generator.Attribute(FullName(fullName), arguments is [] ? null : arguments).WithAdditionalAnnotations(Formatter.Annotation);

    /// <summary>Places a new statement on its own line before another, with the same indentation. Comments keep their positions.</summary>
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
