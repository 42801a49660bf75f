using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace UpgradeProtocols.CodeFixes;

/// <summary>Changes the options of a JSON context that is declared in this project.</summary>
/// <param name="id">The id of the rule.</param>
/// <param name="title">The title of the fix.</param>
public abstract class JsonOptionsFix(string id, string title) : RuleFix(id)
{
    private protected sealed override async Task RegisterAsync(CodeFixContext context, Diagnostic diagnostic, SyntaxNode node)
    {
        // A diagnostic at a handler's attribute means that the context is in another assembly.
        if (node.FirstAncestorOrSelf<AttributeSyntax>() is null
            && node.FirstAncestorOrSelf<ClassDeclarationSyntax>() is { } json
            && await context.Document.GetSemanticModelAsync(context.CancellationToken).ConfigureAwait(false) is { } model
            && model.GetDeclaredSymbol(json, context.CancellationToken) is INamedTypeSymbol symbol
            && JsonOptionsEdit.Of(json, symbol, Change) is { } edit)
        {
            Offer(context, diagnostic, title, edit);
        }
    }

    /// <summary>Changes the arguments of the options.</summary>
    private protected abstract AttributeArgumentListSyntax Change(AttributeArgumentListSyntax arguments);
}

/// <summary>UPG204: sets web naming in a JSON context.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class WebNamingFix() : JsonOptionsFix("UPG204", "Use web naming")
{
    private protected override AttributeArgumentListSyntax Change(AttributeArgumentListSyntax arguments)
    {
        var web = JsonOptionsEdit.SetDefaults(arguments, "global::System.Text.Json.JsonSerializerDefaults.Web");
        return web.Arguments.Any(argument => argument.NameEquals?.Name.Identifier.ValueText == "PropertyNamingPolicy")
            ? JsonOptionsEdit.Set(web, "PropertyNamingPolicy", "JsonKnownNamingPolicy.CamelCase")
            : web;
    }
}

/// <summary>UPG208: makes a JSON context reject null in non-nullable members and require parameters without a default.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class RefuseNullFix() : JsonOptionsFix(
    "UPG208", "Reject null for non-nullable members (an optional parameter then needs a default: 'string? Nick = null'; items of collections may still be null)")
{
    private protected override AttributeArgumentListSyntax Change(AttributeArgumentListSyntax arguments) =>
        JsonOptionsEdit.Set(JsonOptionsEdit.Set(arguments, "RespectNullableAnnotations", "true"), "RespectRequiredConstructorParameters", "true");
}
