using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Simplification;

namespace UpgradeProtocols.CodeFixes;

/// <summary>UPG115: changes an endless [OnConnected] method that returns a task into the connection's [Background] method.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class MakeBackgroundFix() : RuleFix("UPG115")
{
    private const string Ours = "UpgradeProtocols.";

    private protected override async Task RegisterAsync(CodeFixContext context, Diagnostic diagnostic, SyntaxNode node)
    {
        var model = await context.Document.GetSemanticModelAsync(context.CancellationToken).ConfigureAwait(false);
        if (model is null
            || node.FirstAncestorOrSelf<MethodDeclarationSyntax>() is not { } method
            || model.GetDeclaredSymbol(method, context.CancellationToken) is not IMethodSymbol { IsOverride: false } symbol
            || symbol.ReturnType is not INamedTypeSymbol { Name: "Task" or "ValueTask", Arity: 0 }
            || symbol.ContainingType.GetMembers().SelectMany(member => member.GetAttributes()).Any(attribute => Is(attribute, "BackgroundAttribute"))
            || symbol.GetAttributes().FirstOrDefault(attribute => Is(attribute, "OnConnectedAttribute"))?.ApplicationSyntaxReference is not { } reference
            || await reference.GetSyntaxAsync(context.CancellationToken).ConfigureAwait(false) is not AttributeSyntax attribute)
        {
            return;
        }

        Offer(context, diagnostic, "Mark it with [Background]", editor => editor.ReplaceNode(
            attribute.Name,
            ((NameSyntax)FullName(Ours + "Background")).WithTriviaFrom(attribute.Name).WithAdditionalAnnotations(Simplifier.Annotation)), target: attribute);
    }

    private static bool Is(AttributeData attribute, string name) => attribute.AttributeClass?.ToDisplayString() == Ours + name;
}
