using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.Editing;

namespace UpgradeProtocols.CodeFixes;

/// <summary>An edit of one document. Fix All applies it together with the other edits of the document.</summary>
/// <param name="title">The title of the fix.</param>
/// <param name="key">The equivalence key. Actions with the same key are the same fix for different diagnostics.</param>
/// <param name="document">The document.</param>
/// <param name="edit">Applies the edit.</param>
/// <param name="target">The edited node. Fix All applies only one of several edits with the same target.</param>
internal sealed class EditAction(string title, string key, Document document, Action<DocumentEditor> edit, SyntaxNode? target) : CodeAction
{
    public override string Title => title;

    public override string EquivalenceKey => key;

    public SyntaxNode? Target => target;

    public void Apply(DocumentEditor editor) => edit(editor);

    protected override async Task<Document> GetChangedDocumentAsync(CancellationToken cancellationToken)
    {
        var editor = await DocumentEditor.CreateAsync(document, cancellationToken).ConfigureAwait(false);
        edit(editor);
        return editor.GetChangedDocument();
    }
}
