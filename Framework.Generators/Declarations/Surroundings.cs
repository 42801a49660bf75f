using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace UpgradeProtocols.Declarations;

/// <summary>Checks whether generated code compiles in a project.</summary>
internal static class Surroundings
{
    private const LanguageVersion Needed = LanguageVersion.CSharp12;

    /// <summary>Reports the problems of the project at a type that needs generated code. Returns whether there are none.</summary>
    public static bool Check(Compilation compilation, INamedTypeSymbol type, ProblemSink problems)
    {
        var problem = (compilation as CSharpCompilation)?.LanguageVersion is { } version and < Needed
            ? $"requires generated code in C# {Needed.ToDisplayString()}, but the project uses C# {version.ToDisplayString()}: remove LangVersion from the project, or set it to {Needed.ToDisplayString()} or later"
            : AliasOfOurs(compilation) is { } alias
                ? $"requires generated code, but the project references {Attributes.Namespace} only by the extern alias '{alias}': add 'global' to the Aliases of the reference"
                : null;
        if (problem is null || !HasRuntime(compilation))
        {
            return true;
        }

        problems.Report(Rules.GeneratedCode, type.FirstLocation, type.Name, problem);
        return false;
    }

    /// <summary>Whether the file that is generated for every project with the runtime compiles.</summary>
    public static bool AreRight(Compilation compilation) =>
        compilation.GetTypeByMetadataName("UpgradeProtocols.UpgradeProtocolsBuilder") is not null
        && compilation is not CSharpCompilation { LanguageVersion: < LanguageVersion.CSharp8 }
        && AliasOfOurs(compilation) is null
        && !NeededNames.AreHiddenBy(compilation.Assembly);

    // A project that only shares contracts with clients references only the attributes, and no code is generated for it.
    private static bool HasRuntime(Compilation compilation) => compilation.ReferencedAssemblyNames.Any(assembly => assembly.Name == Attributes.Namespace);

    // The only alias of a framework assembly. Code that doesn't use the alias can't name its types.
    private static string? AliasOfOurs(Compilation compilation)
    {
        foreach (var reference in compilation.ExternalReferences)
        {
            var aliases = reference.Properties.Aliases;
            if (!aliases.IsEmpty && !aliases.Contains(MetadataReferenceProperties.GlobalAlias)
                && compilation.GetAssemblyOrModuleSymbol(reference) is IAssemblySymbol { Name: Attributes.Namespace or Attributes.Namespace + ".Contracts" })
            {
                return aliases[0];
            }
        }

        return null;
    }
}
