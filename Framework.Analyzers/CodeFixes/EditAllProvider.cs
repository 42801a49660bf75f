using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.Editing;

namespace UpgradeProtocols.CodeFixes;

/// <summary>
/// Fixes all diagnostics of a document with one editor, so that edits of the same place are applied in sequence. A text merge of separate
/// edits would conflict and lose some of them.
/// </summary>
internal static class EditAllProvider
{
    public static FixAllProvider For(RuleFix fix) =>
        FixAllProvider.Create((context, document, diagnostics) => FixAsync(fix, context, document, diagnostics));

    private static async Task<Document?> FixAsync(RuleFix fix, FixAllContext context, Document document, ImmutableArray<Diagnostic> diagnostics)
    {
        var editor = await DocumentEditor.CreateAsync(document, context.CancellationToken).ConfigureAwait(false);
        var done = new HashSet<SyntaxNode>();
        foreach (var diagnostic in diagnostics.OrderBy(diagnostic => diagnostic.Location.SourceSpan.Start))
        {
            var offered = new List<CodeAction>();
            await fix.RegisterCodeFixesAsync(new CodeFixContext(document, diagnostic, (action, _) => offered.Add(action), context.CancellationToken)).ConfigureAwait(false);
            if (offered.Find(action => action.EquivalenceKey == context.CodeActionEquivalenceKey) is EditAction action
                && (action.Target is null || done.Add(action.Target)))
            {
                action.Apply(editor);
            }
        }

        return editor.GetChangedDocument();
    }
}
