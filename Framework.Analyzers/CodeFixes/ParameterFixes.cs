using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Formatting;

namespace UpgradeProtocols.CodeFixes;

/// <summary>Marks a parameter with an attribute.</summary>
/// <param name="attribute">The attribute's full name, without its suffix.</param>
/// <param name="ids">The rules.</param>
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

    // On the parameter's own line, after a comment that stands before it. Elastic trivia would have the formatter end the lines around it
    // as the machine does, and not as the file does.
    private static ParameterSyntax Mark(ParameterSyntax parameter, AttributeListSyntax mark)
    {
        var bare = parameter.WithoutLeadingTrivia();
        var plain = mark
            .ReplaceTokens(mark.DescendantTokens(), static (_, token) => token.WithLeadingTrivia().WithTrailingTrivia())
            .WithoutAnnotations(Formatter.Annotation);
        var first = plain.WithLeadingTrivia(parameter.GetLeadingTrivia()).WithTrailingTrivia(SyntaxFactory.Space);
        return bare.WithAttributeLists(bare.AttributeLists.Insert(0, first));
    }

    /// <summary>Whether the attribute can be what the user means.</summary>
    private protected abstract bool Fits(IParameterSymbol parameter, Diagnostic diagnostic);
}

/// <summary>UPG102, UPG120, and UPG111 on a lifecycle method: a parameter that can only be a service is marked as one.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class MarkServiceFix() : MarkParameterFix("Microsoft.AspNetCore.Mvc.FromServices", "UPG102", "UPG111", "UPG120")
{
    private protected override bool Fits(IParameterSymbol parameter, Diagnostic diagnostic) =>
        parameter.RefKind == RefKind.None
        && parameter.GetAttributes().IsEmpty
        && diagnostic.Properties.ContainsKey("Service")
        && (diagnostic.Id == "UPG120" || parameter.Type is { TypeKind: TypeKind.Interface } or { TypeKind: TypeKind.Class, IsAbstract: true });
}

/// <summary>UPG117: the token of a stream is marked, so that the peer can end the stream.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class MarkEnumeratorCancellationFix()
    : MarkParameterFix("System.Runtime.CompilerServices.EnumeratorCancellation", "UPG117")
{
    private protected override bool Fits(IParameterSymbol parameter, Diagnostic diagnostic) => true;
}
