using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace UpgradeProtocols.Analyzers;

/// <summary>
/// Reports message and lifecycle attributes that have no effect in their type: UPG106, once for each type, at the first attribute.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class StrayAttributeAnalyzer : FrameworkAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [UsageRules.StrayAttribute];

    private protected override void Start(CompilationStartAnalysisContext context, FrameworkTypes types) =>
        context.RegisterSymbolAction(symbol => Analyze(symbol, types), SymbolKind.NamedType);

    private static void Analyze(SymbolAnalysisContext context, FrameworkTypes types)
    {
        var type = (INamedTypeSymbol)context.Symbol;

        // The methods of an extension block also belong to the containing class.
        if (type.IsExtension)
        {
            return;
        }

        var places = type.GetMembers().OfType<IMethodSymbol>()
            .SelectMany(static method => method.GetAttributes())
            .Where(types.IsOnMethods)
            .Select(static attribute => (attribute, reference: attribute.ApplicationSyntaxReference))
            .Where(static place => place.reference is not null)
            .OrderBy(static place => place.reference!.SyntaxTree.FilePath, StringComparer.Ordinal)
            .ThenBy(static place => place.reference!.Span.Start)
            .ToImmutableArray();
        if (places.IsEmpty || IsRead(type, types, context))
        {
            return;
        }

        var locations = places.Select(static place => place.reference!.SyntaxTree.GetLocation(place.reference.Span)).ToImmutableArray();
        var attributeName = places[0].attribute.AttributeClass!.Name;
        context.ReportDiagnostic(Diagnostic.Create(
            UsageRules.StrayAttribute,
            locations[0],
            locations.Skip(1),
            attributeName.Substring(0, attributeName.Length - "Attribute".Length),
            type.ToDisplayString(SymbolDisplayFormat.CSharpErrorMessageFormat),
            WhatToDo(type)));
    }

    private static string WhatToDo(INamedTypeSymbol type) => type.TypeKind switch
    {
        TypeKind.Interface => "mark the interface with [ClientContract]",
        TypeKind.Class when !type.IsStatic => "mark the class with [UpgradeProtocol]",
        _ => "move it to a class with [UpgradeProtocol]",
    };

    private static bool IsRead(INamedTypeSymbol type, FrameworkTypes types, SymbolAnalysisContext context)
    {
        // An incomplete attribute may be the missing one.
        if (type.GetAttributes().Any(attribute =>
                attribute.AttributeClass is null or { TypeKind: TypeKind.Error } || types.IsUpgradeProtocol(attribute) || types.IsClientContract(attribute)))
        {
            return true;
        }

        // Handlers inherit messages. An abstract class may be a base class of a handler in another assembly.
        return (type.IsAbstract && type.TypeKind == TypeKind.Class && !type.IsStatic)
            || DeclarationIndex.For(context.Compilation, types, context.CancellationToken).IsBase(type);
    }
}
