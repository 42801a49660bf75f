using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace UpgradeProtocols.GeneratorBenchmarks;

/// <summary>Finds the classes and reads nothing from them: the compiler's own cost for a generator that does nothing.</summary>
internal sealed class IdleGenerator : IIncrementalGenerator
{
    public void Initialize(IncrementalGeneratorInitializationContext context) => context.RegisterSourceOutput(
        context.SyntaxProvider.ForAttributeWithMetadataName(
            "UpgradeProtocols.UpgradeProtocolAttribute",
            static (node, _) => node is ClassDeclarationSyntax,
            static (declaration, _) => declaration.TargetSymbol.Name),
        static (_, _) => { });
}

/// <summary>
/// Asks the compiler for the data that every reader of a handler needs (its members with the types in their signatures, and
/// its attributes), and discards it.
/// </summary>
internal sealed class BindingGenerator : IIncrementalGenerator
{
    public void Initialize(IncrementalGeneratorInitializationContext context) => context.RegisterSourceOutput(
        context.SyntaxProvider.ForAttributeWithMetadataName(
            "UpgradeProtocols.UpgradeProtocolAttribute",
            static (node, _) => node is ClassDeclarationSyntax,
            static (declaration, _) => Bind((INamedTypeSymbol)declaration.TargetSymbol)),
        static (_, _) => { });

    private static int Bind(INamedTypeSymbol type)
    {
        var count = type.GetAttributes().Sum(attribute => attribute.ConstructorArguments.Length + attribute.NamedArguments.Length);
        foreach (var method in type.GetMembers().OfType<IMethodSymbol>())
        {
            count += method.GetAttributes().Sum(attribute => attribute.ConstructorArguments.Length + attribute.NamedArguments.Length);
            count += method.ReturnType.Name.Length + method.Parameters.Sum(parameter => parameter.Type.Name.Length + parameter.GetAttributes().Length);
        }

        return count;
    }
}
