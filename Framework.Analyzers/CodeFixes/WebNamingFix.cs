using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Editing;
using Microsoft.CodeAnalysis.Simplification;

namespace UpgradeProtocols.CodeFixes;

/// <summary>UPG204: a JSON context gets the web's names.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class WebNamingFix() : RuleFix("UPG204")
{
    private const string Options = "System.Text.Json.Serialization.JsonSourceGenerationOptions";

    private protected override async Task RegisterAsync(CodeFixContext context, Diagnostic diagnostic, SyntaxNode node)
    {
        // At a handler's attribute the context is another assembly's.
        if (node.FirstAncestorOrSelf<AttributeSyntax>() is not null
            || node.FirstAncestorOrSelf<ClassDeclarationSyntax>() is not { } json
            || await context.Document.GetSemanticModelAsync(context.CancellationToken).ConfigureAwait(false) is not { } model
            || model.GetDeclaredSymbol(json, context.CancellationToken) is not { } symbol)
        {
            return;
        }

        var existing = symbol.GetAttributes().FirstOrDefault(attribute => attribute.AttributeClass?.ToDisplayString() == Options + "Attribute");
        if (existing is null)
        {
            Offer(context, diagnostic, "Use the web's names", editor => editor.AddAttribute(json, Attribute(editor.Generator, Options, Web())));
        }
        else if (existing.ApplicationSyntaxReference is { } reference && reference.SyntaxTree == json.SyntaxTree
            && await reference.GetSyntaxAsync(context.CancellationToken).ConfigureAwait(false) is AttributeSyntax attribute)
        {
            Offer(context, diagnostic, "Use the web's names", editor => editor.ReplaceNode(attribute, (current, _) => WithWeb((AttributeSyntax)current)));
        }
    }

    private static AttributeSyntax WithWeb(AttributeSyntax attribute)
    {
        var arguments = attribute.ArgumentList?.Arguments ?? default;
        var named = arguments.Where(argument => argument.NameEquals is { Name.Identifier.ValueText: not "PropertyNamingPolicy" });
        return attribute.WithArgumentList(SyntaxFactory.AttributeArgumentList(SyntaxFactory.SeparatedList([Web(), .. named.Select(argument => argument.WithoutTrivia())]))
            .NormalizeWhitespace()
            .WithAdditionalAnnotations(Simplifier.Annotation));
    }

    private static AttributeArgumentSyntax Web() => SyntaxFactory.AttributeArgument(
        SyntaxFactory.ParseExpression("global::System.Text.Json.JsonSerializerDefaults.Web").WithAdditionalAnnotations(Simplifier.Annotation));
}
