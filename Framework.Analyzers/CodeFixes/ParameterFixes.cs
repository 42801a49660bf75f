using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Formatting;

namespace UpgradeProtocols.CodeFixes;

/// <summary>Marks a parameter with an attribute.</summary>
/// <param name="attribute">The attribute's full name, without its suffix.</param>
/// <param name="ids">The ids of the rules.</param>
public abstract class MarkParameterFix(string attribute, params string[] ids) : RuleFix(ids)
{
    /// <inheritdoc/>
    private protected sealed override async Task RegisterAsync(CodeFixContext context, Diagnostic diagnostic, SyntaxNode node)
    {
        var model = await context.Document.GetSemanticModelAsync(context.CancellationToken).ConfigureAwait(false);
        if (node.FirstAncestorOrSelf<ParameterSyntax>() is { } parameter
            && model?.GetDeclaredSymbol(parameter, context.CancellationToken) is IParameterSymbol symbol
            && Fits(symbol, diagnostic))
        {
            var name = attribute.Substring(attribute.LastIndexOf('.') + 1);
            Offer(
                context,
                diagnostic,
                $"Mark '{symbol.Name}' with [{name}]",
                editor => editor.ReplaceNode(
                    parameter,
                    (current, generator) => Mark((ParameterSyntax)current, (AttributeListSyntax)Attribute(generator, attribute))));
        }
    }

    // The attribute is on the same line as the parameter, after a comment that precedes the parameter. Elastic trivia would make the
    // formatter use the line ends of the machine for the lines around it, in place of those of the file.
    private static ParameterSyntax Mark(ParameterSyntax parameter, AttributeListSyntax mark)
    {
        var bare = parameter.WithoutLeadingTrivia();
        var plain = mark
            .ReplaceTokens(mark.DescendantTokens(), static (_, token) => token.WithLeadingTrivia().WithTrailingTrivia())
            .WithoutAnnotations(Formatter.Annotation);
        var first = plain.WithLeadingTrivia(parameter.GetLeadingTrivia()).WithTrailingTrivia(SyntaxFactory.Space);
        return bare.WithAttributeLists(bare.AttributeLists.Insert(0, first));
    }

    /// <summary>Whether the attribute is a plausible fix for the parameter.</summary>
    private protected abstract bool Fits(IParameterSymbol parameter, Diagnostic diagnostic);
}

/// <summary>UPG102, UPG120, and UPG111 on a lifecycle method: marks a parameter that can only be a service.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class MarkServiceFix() : MarkParameterFix("Microsoft.AspNetCore.Mvc.FromServices", "UPG102", "UPG111", "UPG120")
{
    private protected override bool Fits(IParameterSymbol parameter, Diagnostic diagnostic) =>
        parameter.RefKind == RefKind.None
        && parameter.GetAttributes().IsEmpty
        && diagnostic.Properties.ContainsKey("Service")
        && (diagnostic.Id == "UPG120" || parameter.Type is { TypeKind: TypeKind.Interface } or { TypeKind: TypeKind.Class, IsAbstract: true });
}

/// <summary>UPG117: marks the token of a stream, so that it is cancelled when the peer ends the stream.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class MarkEnumeratorCancellationFix()
    : MarkParameterFix("System.Runtime.CompilerServices.EnumeratorCancellation", "UPG117")
{
    private protected override bool Fits(IParameterSymbol parameter, Diagnostic diagnostic) => true;
}
