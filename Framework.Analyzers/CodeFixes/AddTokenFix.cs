using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace UpgradeProtocols.CodeFixes;

/// <summary>UPG107: adds a token to a stream or background method.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class AddTokenFix() : RuleFix("UPG107")
{
    private const string Name = "cancellationToken";

    private protected override Task RegisterAsync(CodeFixContext context, Diagnostic diagnostic, SyntaxNode node)
    {
        // The overridden method determines the parameters of an override, and no parameter can follow `params`.
        if (node.FirstAncestorOrSelf<MethodDeclarationSyntax>() is { ExplicitInterfaceSpecifier: null } method
            && !method.Modifiers.Any(SyntaxKind.OverrideKeyword)
            && !method.ParameterList.Parameters.Any(parameter => parameter.Modifiers.Any(SyntaxKind.ParamsKeyword))
            && !method.DescendantTokens().Any(token => token.ValueText == Name))
        {
            Offer(context, diagnostic, "Add a CancellationToken", editor => editor.ReplaceNode(
                method.ParameterList, (current, generator) =>
                {
                    var parameters = ((ParameterListSyntax)current).Parameters;
                    var parameter = (ParameterSyntax)generator.ParameterDeclaration(
                        Name,
                        FullName("System.Threading.CancellationToken"),
                        parameters.Any(other => other.Default is not null) ? SyntaxFactory.LiteralExpression(SyntaxKind.DefaultLiteralExpression) : null);
                    return ((ParameterListSyntax)current).AddParameters(IsIterator(method)
                        ? parameter.AddAttributeLists((AttributeListSyntax)Attribute(generator, "System.Runtime.CompilerServices.EnumeratorCancellation")
                            .WithTrailingTrivia(SyntaxFactory.Space))
                        : parameter);
                }));
        }

        return Task.CompletedTask;
    }

    private static bool IsIterator(MethodDeclarationSyntax method) =>
        method.Modifiers.Any(SyntaxKind.AsyncKeyword) && method.ReturnType.ToString().Contains("IAsyncEnumerable");
}
