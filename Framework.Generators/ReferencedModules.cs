using Microsoft.CodeAnalysis;
using UpgradeProtocols.Declarations;
using UpgradeProtocols.Generators.Emit;

namespace UpgradeProtocols.Generators;

/// <summary>Finds the referenced assemblies with handlers or client contracts. It runs at every edit, so it must be fast.</summary>
internal static class ReferencedModules
{
    private const string Contracts = "UpgradeProtocols.Contracts";

    public static AssemblyModel Read(Compilation compilation, CancellationToken cancellationToken)
    {
        var modules = new List<ReferencedModule>();
        foreach (var assembly in compilation.SourceModule.ReferencedAssemblySymbols)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!References(assembly, Contracts))
            {
                continue;
            }

            foreach (var attribute in assembly.GetAttributes())
            {
                if (attribute.AttributeClass.Is("UpgradeProtocols.Runtime", "UpgradeProtocolModuleAttribute")
                    && attribute.ConstructorArguments is [{ Kind: TypedConstantKind.Type, Value: INamedTypeSymbol type }]
                    && compilation.IsSymbolAccessibleWithin(type, compilation.Assembly))
                {
                    modules.Add(new ReferencedModule(assembly.Name, type.CodeForTypeOf()));
                }
            }
        }

        return new AssemblyModel(
            compilation.AssemblyName ?? "",
            Surroundings.AreRight(compilation),
            compilation.Assembly.GlobalNamespace.Namespace("UpgradeProtocols")?.Namespace("Generated")?.GetMembers().Select(member => member.Name)
                .Distinct(StringComparer.Ordinal).OrderBy(name => name, StringComparer.Ordinal).ToEquatableArray() ?? [],
            modules.OrderBy(module => module.Assembly, StringComparer.Ordinal).ToEquatableArray());
    }

    private static bool References(IAssemblySymbol assembly, string name)
    {
        foreach (var module in assembly.Modules)
        {
            foreach (var reference in module.ReferencedAssemblies)
            {
                if (reference.Name == name)
                {
                    return true;
                }
            }
        }

        return false;
    }
}
