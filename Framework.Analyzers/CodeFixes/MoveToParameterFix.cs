using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Editing;

namespace UpgradeProtocols.CodeFixes;

/// <summary>
/// UPG113: moves a primary constructor's parameter to the message and lifecycle methods that use it, so that each call gets it from a new
/// scope. The fix is not offered if the parameter is stored in a field or used elsewhere.
/// </summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class MoveToParameterFix() : RuleFix("UPG113")
{
    private static readonly HashSet<string> s_called = new(StringComparer.Ordinal)
    {
        "MessageAttribute", "AnyMessageAttribute", "OnUpgradingAttribute", "OnConnectedAttribute", "OnUpgradedAttribute", "BackgroundAttribute", "OnDisconnectedAttribute",
    };

    private protected override async Task RegisterAsync(CodeFixContext context, Diagnostic diagnostic, SyntaxNode node)
    {
        var model = await context.Document.GetSemanticModelAsync(context.CancellationToken).ConfigureAwait(false);
        if (model is null
            || node.FirstAncestorOrSelf<ParameterSyntax>() is not { Default: null, Type: { } parameterType, Parent: ParameterListSyntax { Parent: ClassDeclarationSyntax type } } parameter
            || type.Modifiers.Any(SyntaxKind.PartialKeyword)
            || model.GetDeclaredSymbol(parameter, context.CancellationToken) is not { } symbol
            || UsersOf(symbol, type, model, context.CancellationToken) is not { Count: > 0 } users)
        {
            return;
        }

        Offer(context, diagnostic, $"Take '{symbol.Name}' as a parameter of the methods that use it", editor =>
        {
            foreach (var method in users)
            {
                editor.ReplaceNode(method.ParameterList, (current, generator) => Add((ParameterListSyntax)current, parameter, parameterType, generator));
            }

            RemoveParameter(editor, type, parameter);
        });
    }

    // The methods that use the parameter, or null if it is also used elsewhere.
    private static List<MethodDeclarationSyntax>? UsersOf(IParameterSymbol symbol, ClassDeclarationSyntax type, SemanticModel model, CancellationToken cancellationToken)
    {
        var users = new List<MethodDeclarationSyntax>();
        foreach (var use in type.DescendantNodes().OfType<IdentifierNameSyntax>().Where(name => name.Identifier.ValueText == symbol.Name))
        {
            if (!SymbolEqualityComparer.Default.Equals(model.GetSymbolInfo(use, cancellationToken).Symbol, symbol))
            {
                continue;
            }

            if (use.FirstAncestorOrSelf<MemberDeclarationSyntax>() is not MethodDeclarationSyntax method
                || model.GetDeclaredSymbol(method, cancellationToken) is not { IsOverride: false, IsVirtual: false, IsPartialDefinition: false } declared
                || !declared.GetAttributes().Any(IsCalled)
                || declared.Parameters.Any(other => other.IsParams))
            {
                return null;
            }

            if (!users.Contains(method))
            {
                users.Add(method);
            }
        }

        return users;
    }

    private static bool IsCalled(AttributeData attribute) =>
        attribute.AttributeClass is { ContainingNamespace: { Name: "UpgradeProtocols", ContainingNamespace.IsGlobalNamespace: true } } type && s_called.Contains(type.Name);

    // Inserts before optional parameters, and before a token, which is last by convention.
    private static ParameterListSyntax Add(ParameterListSyntax list, ParameterSyntax parameter, TypeSyntax parameterType, SyntaxGenerator generator)
    {
        var parameters = list.Parameters;
        var at = parameters.IndexOf(other => other.Default is not null);
        at = at < 0 ? parameters.Count : at;
        while (at > 0 && parameters[at - 1].Type is IdentifierNameSyntax { Identifier.ValueText: "CancellationToken" })
        {
            at--;
        }

        var added = SyntaxFactory.Parameter(parameter.Identifier.WithoutTrivia())
            .WithType(parameterType.WithoutTrivia().WithTrailingTrivia(SyntaxFactory.Space))
            .WithAttributeLists(SyntaxFactory.SingletonList(
                ((AttributeListSyntax)Attribute(generator, "Microsoft.AspNetCore.Mvc.FromServices")).WithTrailingTrivia(SyntaxFactory.Space)));
        return list.WithParameters(parameters.Insert(at, added));
    }

    private static void RemoveParameter(DocumentEditor editor, ClassDeclarationSyntax type, ParameterSyntax parameter)
    {
        // An empty parameter list is removed, unless the class calls a base constructor with arguments.
        var isLast = type.ParameterList!.Parameters.Count == 1 && type.BaseList?.Types.Any(SyntaxKind.PrimaryConstructorBaseType) != true;
        if (isLast)
        {
            editor.ReplaceNode(type, (current, _) =>
            {
                var now = (ClassDeclarationSyntax)current;
                return now.WithIdentifier(now.Identifier.WithTrailingTrivia(now.ParameterList!.GetTrailingTrivia())).WithParameterList(null);
            });
        }
        else
        {
            editor.RemoveNode(parameter);
        }
    }
}
