using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace UpgradeProtocols.CodeFixes;

/// <summary>UPG402: adds the protocols before the application is built, if the same block builds it.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class AddProtocolsFix() : RuleFix("UPG402")
{
    private protected override async Task RegisterAsync(CodeFixContext context, Diagnostic diagnostic, SyntaxNode node)
    {
        if (await context.Document.GetSemanticModelAsync(context.CancellationToken).ConfigureAwait(false) is not { } model
            || BlockOf(node) is not { } block)
        {
            return;
        }

        var build = block.DescendantNodes().OfType<InvocationExpressionSyntax>().FirstOrDefault(call =>
            call is { ArgumentList.Arguments: [], Expression: MemberAccessExpressionSyntax { Name.Identifier.ValueText: "Build", Expression: IdentifierNameSyntax builder } }
            && model.GetTypeInfo(builder, context.CancellationToken).Type?.GetMembers("Services").OfType<IPropertySymbol>().Any() == true
            && call.Span.End <= node.SpanStart);
        if (build is { Expression: MemberAccessExpressionSyntax { Expression: { } name } } && build.FirstAncestorOrSelf<StatementSyntax>() is { } statement)
        {
            Offer(context, diagnostic, "Call AddUpgradeProtocols()", editor =>
            {
                var add = OnLineBefore(SyntaxFactory.ParseStatement($"{name}.Services.AddUpgradeProtocols();"), statement);
                if (statement.Parent is GlobalStatementSyntax global)
                {
                    editor.InsertBefore(global, SyntaxFactory.GlobalStatement(add));
                }
                else
                {
                    editor.InsertBefore(statement, add);
                }
            });
        }
    }

    private static SyntaxNode? BlockOf(SyntaxNode node) =>
        node.Ancestors().FirstOrDefault(ancestor => ancestor is BlockSyntax or CompilationUnitSyntax);
}
