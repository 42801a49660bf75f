using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Editing;

namespace UpgradeProtocols.CodeFixes;

/// <summary>Makes a member accessible to generated code in the same assembly.</summary>
/// <param name="id">The id of the rule.</param>
public abstract class AccessibilityFix(string id) : RuleFix(id)
{
    /// <inheritdoc/>
    private protected sealed override async Task RegisterAsync(CodeFixContext context, Diagnostic diagnostic, SyntaxNode node)
    {
        var model = await context.Document.GetSemanticModelAsync(context.CancellationToken).ConfigureAwait(false);
        if (model is null || MemberOf(node) is not { } member || model.GetDeclaredSymbol(member, context.CancellationToken) is not { } symbol)
        {
            return;
        }

        var hidden = HiddenDeclarations(symbol, context).ToList();
        if (hidden.Count == 0 || hidden.Any(declaration => declaration.SyntaxTree != node.SyntaxTree))
        {
            return;
        }

        foreach (var word in new[] { SyntaxKind.InternalKeyword, SyntaxKind.PublicKeyword })
        {
            var text = SyntaxFacts.GetText(word);
            Offer(context, diagnostic, $"Make '{symbol.Name}' {text}", editor => Show(editor, hidden, word), text);
        }
    }

    /// <summary>The declaration that the diagnostic reports.</summary>
    private protected abstract MemberDeclarationSyntax? MemberOf(SyntaxNode node);

    /// <summary>The declarations whose accessibility must change so that generated code can access the symbol.</summary>
    private protected abstract IEnumerable<SyntaxNode> HiddenDeclarations(ISymbol symbol, CodeFixContext context);

    private protected static bool IsHidden(ISymbol symbol) =>
        symbol.DeclaredAccessibility is Accessibility.Private or Accessibility.Protected or Accessibility.ProtectedAndInternal
        || symbol is INamedTypeSymbol { IsFileLocal: true };

    private static void Show(DocumentEditor editor, List<SyntaxNode> declarations, SyntaxKind word)
    {
        foreach (var declaration in declarations)
        {
            editor.ReplaceNode(declaration, (current, _) => AccessibilityWords.Replace((MemberDeclarationSyntax)current, word));
        }
    }
}

/// <summary>UPG003: makes a handler accessible to generated code.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class ShowHandlerFix() : AccessibilityFix("UPG003")
{
    private protected override MemberDeclarationSyntax? MemberOf(SyntaxNode node) => node.FirstAncestorOrSelf<TypeDeclarationSyntax>();

    private protected override IEnumerable<SyntaxNode> HiddenDeclarations(ISymbol symbol, CodeFixContext context)
    {
        var handler = (INamedTypeSymbol)symbol;
        var types = new List<INamedTypeSymbol>();
        for (var type = handler; type is not null; type = type.ContainingType)
        {
            if (IsHidden(type))
            {
                types.Add(type);
            }
        }

        if (types.Count > 0)
        {
            return types.SelectMany(type => DeclarationsWithAccessibility(type, context));
        }

        // With several constructors the fix can't determine the intended one.
        return handler.InstanceConstructors is [{ IsImplicitlyDeclared: false } constructor] && IsHidden(constructor) && !handler.IsAbstract
            ? constructor.DeclaringSyntaxReferences.Select(reference => reference.GetSyntax(context.CancellationToken)).OfType<ConstructorDeclarationSyntax>()
            : [];
    }

    // The parts of a partial type may omit the accessibility, as long as one part declares it.
    private static IEnumerable<SyntaxNode> DeclarationsWithAccessibility(INamedTypeSymbol type, CodeFixContext context)
    {
        var parts = type.DeclaringSyntaxReferences.Select(reference => reference.GetSyntax(context.CancellationToken)).OfType<TypeDeclarationSyntax>().ToList();
        var saying = parts.Where(part => part.Modifiers.Any(modifier =>
            SyntaxFacts.IsAccessibilityModifier(modifier.Kind()) || modifier.IsKind(SyntaxKind.FileKeyword))).ToList();
        return saying.Count > 0 ? saying : parts.Take(1);
    }
}

/// <summary>UPG105: makes a message or lifecycle method accessible to generated code.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class ShowMethodFix() : AccessibilityFix("UPG105")
{
    private protected override MemberDeclarationSyntax? MemberOf(SyntaxNode node) => node.FirstAncestorOrSelf<MethodDeclarationSyntax>();

    private protected override IEnumerable<SyntaxNode> HiddenDeclarations(ISymbol symbol, CodeFixContext context) =>
        IsHidden(symbol) && !symbol.IsOverride && symbol is IMethodSymbol { ExplicitInterfaceImplementations.IsEmpty: true }
            ? symbol.DeclaringSyntaxReferences.Select(reference => reference.GetSyntax(context.CancellationToken))
            : [];
}
