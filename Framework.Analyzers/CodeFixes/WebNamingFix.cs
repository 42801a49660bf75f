using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace UpgradeProtocols.CodeFixes;

/// <summary>Changes the options of a JSON context that stands in this project.</summary>
/// <param name="id">The rule.</param>
/// <param name="title">What the fix does.</param>
public abstract class JsonOptionsFix(string id, string title) : RuleFix(id)
{
    private protected sealed override async Task RegisterAsync(CodeFixContext context, Diagnostic diagnostic, SyntaxNode node)
    {
        // At a handler's attribute the context is another assembly's.
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

/// <summary>UPG204: a JSON context gets the web's names.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class WebNamingFix() : JsonOptionsFix("UPG204", "Use the web's names")
{
    private protected override AttributeArgumentListSyntax Change(AttributeArgumentListSyntax arguments)
    {
        var web = JsonOptionsEdit.SetDefaults(arguments, "global::System.Text.Json.JsonSerializerDefaults.Web");
        return web.Arguments.Any(argument => argument.NameEquals?.Name.Identifier.ValueText == "PropertyNamingPolicy")
            ? JsonOptionsEdit.Set(web, "PropertyNamingPolicy", "JsonKnownNamingPolicy.CamelCase")
            : web;
    }
}

/// <summary>UPG208: a JSON context refuses null where it can't be, and asks for what a constructor takes without a default.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class RefuseNullFix() : JsonOptionsFix(
    "UPG208", "Refuse null where it can't be (an optional parameter then needs a default: 'string? Nick = null'; items of collections may still be null)")
{
    private protected override AttributeArgumentListSyntax Change(AttributeArgumentListSyntax arguments) =>
        JsonOptionsEdit.Set(JsonOptionsEdit.Set(arguments, "RespectNullableAnnotations", "true"), "RespectRequiredConstructorParameters", "true");
}
