using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.Editing;

namespace UpgradeProtocols.CodeFixes;

/// <summary>An edit of one document, which Fix All makes together with the others of the document.</summary>
/// <param name="title">What it does, for people.</param>
/// <param name="key">What makes it the same action for another diagnostic.</param>
/// <param name="document">The document.</param>
/// <param name="edit">Makes the edit.</param>
/// <param name="target">What it changes: of several edits of one target, one is made.</param>
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
