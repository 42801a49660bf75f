using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace UpgradeProtocols.CodeFixes;

/// <summary>UPG104: changes the return type of an <c>async void</c> method to a task.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class ReturnTaskFix() : RuleFix("UPG104")
{
    private protected override Task RegisterAsync(CodeFixContext context, Diagnostic diagnostic, SyntaxNode node)
    {
        // The overridden method determines the return type of an override.
        if (node.FirstAncestorOrSelf<MethodDeclarationSyntax>() is { ExplicitInterfaceSpecifier: null } method
            && !method.Modifiers.Any(SyntaxKind.OverrideKeyword))
        {
            Offer(context, diagnostic, "Return Task", editor => editor.ReplaceNode(
                method.ReturnType,
                FullName("System.Threading.Tasks.Task").WithTriviaFrom(method.ReturnType)));
        }

        return Task.CompletedTask;
    }
}
