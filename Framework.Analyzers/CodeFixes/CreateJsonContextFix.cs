using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Formatting;
using Microsoft.CodeAnalysis.Simplification;

namespace UpgradeProtocols.CodeFixes;

/// <summary>UPG202: adds a context with all payloads of the handler after it, and names the context in its protocols.</summary>
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
        var name = NameFor(symbol, model.Compilation);
        Offer(context, diagnostic, $"Create '{name}' with all payloads", editor =>
        {
            foreach (var attribute in handler.AttributeLists.SelectMany(list => list.Attributes).Where(candidate => LacksContext(candidate, model, context.CancellationToken)))
            {
                editor.ReplaceNode(attribute, (current, _) => Named((AttributeSyntax)current, name));
            }

            editor.InsertAfter(outermost, Declare(name, types.Split('\n'), AttributeLines.EndOfLine(handler.SyntaxTree).ToString()));
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

    private static MemberDeclarationSyntax Declare(string name, string[] types, string end)
    {
        var lines = types.Select(type => $"[{Serialization}JsonSerializable(typeof({type}))]")
            .Prepend($"[{Serialization}JsonSourceGenerationOptions(global::System.Text.Json.JsonSerializerDefaults.Web, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]");
        var declaration = SyntaxFactory.ParseMemberDeclaration($"{end}{string.Join(end, lines)}{end}internal sealed partial class {name} : {Serialization}JsonSerializerContext;{end}")!;
        return declaration
            .ReplaceNodes(
                declaration.DescendantNodes().Where(node => node is NameSyntax && node.Parent is not (QualifiedNameSyntax or AliasQualifiedNameSyntax)
                    || node is MemberAccessExpressionSyntax { Parent: not MemberAccessExpressionSyntax }),
                static (_, current) => current.WithAdditionalAnnotations(Simplifier.Annotation))
            .WithAdditionalAnnotations(Formatter.Annotation);
    }

    // The context of ChatHandler is ChatJson. System.Text.Json names generated files by the simple names of contexts, so these must be
    // unique in the project. If another handler has the same stem, both names include the containers, so that both can be fixed.
    private static string NameFor(INamedTypeSymbol handler, Compilation compilation)
    {
        var stem = StemOf(handler.Name);
        var isShared = compilation.GetSymbolsWithName(name => string.Equals(StemOf(name), stem, StringComparison.OrdinalIgnoreCase), SymbolFilter.Type)
            .Any(other => !SymbolEqualityComparer.Default.Equals(other, handler) && other.GetAttributes().Any(IsProtocol));
        if (isShared)
        {
            stem = string.Concat(Containers(handler).Reverse().Select(container => container.Name)) + stem;
        }

        var name = stem + "Json";
        for (var i = 2; compilation.ContainsSymbolsWithName(other => string.Equals(other, name, StringComparison.OrdinalIgnoreCase), SymbolFilter.Type); i++)
        {
            name = $"{stem}Json{i}";
        }

        return name;
    }

    private static string StemOf(string name) =>
        name.Length > "Handler".Length && name.EndsWith("Handler", StringComparison.Ordinal) ? name.Substring(0, name.Length - "Handler".Length) : name;

    private static IEnumerable<ISymbol> Containers(ISymbol symbol)
    {
        for (var container = symbol.ContainingSymbol; container is not (null or INamespaceSymbol { IsGlobalNamespace: true } or IModuleSymbol); container = container.ContainingSymbol)
        {
            yield return container;
        }
    }

    private static bool IsProtocol(AttributeData attribute) => attribute.AttributeClass?.ToDisplayString() == "UpgradeProtocols.UpgradeProtocolAttribute";
}
