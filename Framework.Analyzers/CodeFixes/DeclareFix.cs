using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace UpgradeProtocols.CodeFixes;

/// <summary>UPG106: declares a type with message or lifecycle attributes as a handler or a client contract.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class DeclareFix() : RuleFix("UPG106")
{
    private protected override Task RegisterAsync(CodeFixContext context, Diagnostic diagnostic, SyntaxNode node)
    {
        if (node.FirstAncestorOrSelf<TypeDeclarationSyntax>() is { } type && AttributeFor(type) is { } attribute)
        {
            Offer(
                context,
                diagnostic,
                $"Mark '{type.Identifier.ValueText}' with [{attribute}]",
                editor => editor.ReplaceNode(type, (current, generator) => AttributeLines.Add(
                    (TypeDeclarationSyntax)current, (AttributeListSyntax)Attribute(generator, "UpgradeProtocols." + attribute), type.SyntaxTree)));
        }

        return Task.CompletedTask;
    }

    // A struct or a static class can't be a handler.
    private static string? AttributeFor(TypeDeclarationSyntax type) => type.Kind() switch
    {
        SyntaxKind.InterfaceDeclaration => "ClientContract",
        SyntaxKind.ClassDeclaration or SyntaxKind.RecordDeclaration when !type.Modifiers.Any(SyntaxKind.StaticKeyword) => "UpgradeProtocol",
        _ => null,
    };
}
