using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Formatting;
using Microsoft.CodeAnalysis.Simplification;

namespace UpgradeProtocols.CodeFixes;

/// <summary>UPG202: a context with all payloads of the handler is made after it, and its protocols name it.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class CreateJsonContextFix() : RuleFix("UPG202")
{
    private const string Serialization = "global::System.Text.Json.Serialization.";

    private protected override async Task RegisterAsync(CodeFixContext context, Diagnostic diagnostic, SyntaxNode node)
    {
        if (!diagnostic.Properties.TryGetValue("Types", out var types) || types is null
            || node.FirstAncestorOrSelf<TypeDeclarationSyntax>() is not { } handler
            || await context.Document.GetSemanticModelAsync(context.CancellationToken).ConfigureAwait(false) is not { } model
            || model.GetDeclaredSymbol(handler, context.CancellationToken) is not { } symbol)
        {
            return;
        }

        TypeDeclarationSyntax outermost = handler.AncestorsAndSelf().OfType<TypeDeclarationSyntax>().Last();
        var name = NameFor(symbol, model, outermost.SpanStart);
        Offer(context, diagnostic, $"Create '{name}' with all payloads", editor =>
        {
            foreach (var attribute in handler.AttributeLists.SelectMany(list => list.Attributes).Where(candidate => LacksContext(candidate, model, context.CancellationToken)))
            {
                editor.ReplaceNode(attribute, (current, _) => Named((AttributeSyntax)current, name));
            }

            editor.InsertAfter(outermost, Declare(name, types.Split('\n')));
        });
    }

    private static bool LacksContext(AttributeSyntax attribute, SemanticModel model, CancellationToken cancellationToken) =>
        model.GetSymbolInfo(attribute, cancellationToken).Symbol?.ContainingType.ToDisplayString() == "UpgradeProtocols.UpgradeProtocolAttribute"
        && attribute.ArgumentList?.Arguments.Any(argument => argument.NameEquals?.Name.Identifier.ValueText is "JsonContext" or "Codec") != true;

    private static AttributeSyntax Named(AttributeSyntax attribute, string context)
    {
        var argument = SyntaxFactory.AttributeArgument(SyntaxFactory.ParseExpression($"typeof({context})"))
            .WithNameEquals(SyntaxFactory.NameEquals("JsonContext"))
            .WithAdditionalAnnotations(Formatter.Annotation);
        return attribute.AddArgumentListArguments(argument);
    }

    private static MemberDeclarationSyntax Declare(string name, string[] types)
    {
        var lines = types.Select(type => $"[{Serialization}JsonSerializable(typeof({type}))]")
            .Prepend($"[{Serialization}JsonSourceGenerationOptions(global::System.Text.Json.JsonSerializerDefaults.Web)]");
        var declaration = SyntaxFactory.ParseMemberDeclaration($"\n{string.Join("\n", lines)}\ninternal sealed partial class {name} : {Serialization}JsonSerializerContext;\n")!;
        return declaration
            .ReplaceNodes(
                declaration.DescendantNodes().Where(node => node is NameSyntax && node.Parent is not (QualifiedNameSyntax or AliasQualifiedNameSyntax)
                    || node is MemberAccessExpressionSyntax { Parent: not MemberAccessExpressionSyntax }),
                static (_, current) => current.WithAdditionalAnnotations(Simplifier.Annotation))
            .WithAdditionalAnnotations(Formatter.Annotation);
    }

    // ChatHandler's context is ChatJson, if that is nothing else.
    private static string NameFor(INamedTypeSymbol handler, SemanticModel model, int position)
    {
        var stem = handler.Name.Length > "Handler".Length && handler.Name.EndsWith("Handler", StringComparison.Ordinal)
            ? handler.Name.Substring(0, handler.Name.Length - "Handler".Length)
            : handler.Name;
        var name = stem + "Json";
        for (var i = 2; !model.LookupNamespacesAndTypes(position, name: name).IsEmpty; i++)
        {
            name = $"{stem}Json{i}";
        }

        return name;
    }
}
