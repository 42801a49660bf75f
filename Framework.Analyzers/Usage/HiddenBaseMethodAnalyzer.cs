using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Analyzers;

/// <summary>
/// Reports message and lifecycle methods of a base class in another assembly that this assembly can't access: UPG105, at the handler. The
/// compiler doesn't expose them, so they are read from the assembly's metadata.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class HiddenBaseMethodAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [Rules.MethodShape];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.RegisterSymbolAction(Analyze, SymbolKind.NamedType);
    }

    private static void Analyze(SymbolAnalysisContext context)
    {
        var type = (INamedTypeSymbol)context.Symbol;
        if (type.TypeKind != TypeKind.Class || !DeclarationReader.IsHandler(type))
        {
            return;
        }

        foreach (var level in type.SelfAndBases().Skip(1).Where(level => !SymbolEqualityComparer.Default.Equals(level.ContainingAssembly, type.ContainingAssembly) && !level.IsOfFramework()))
        {
            foreach (var (method, attribute) in HiddenIn(level.OriginalDefinition, context.Compilation))
            {
                context.ReportDiagnostic(Diagnostic.Create(
                    Rules.MethodShape,
                    type.FirstLocation(),
                    $"{level.Name}.{method}",
                    $"has [{attribute}] but is not accessible from this assembly, so it is never called for '{type.Name}': make it public or protected internal, or override the base method that calls it"));
            }
        }
    }

    private static IEnumerable<(string Method, string Attribute)> HiddenIn(INamedTypeSymbol type, Compilation compilation)
    {
        if (compilation.GetMetadataReference(type.ContainingAssembly) is not PortableExecutableReference reference
            || reference.GetMetadata() is not AssemblyMetadata assembly
            || type.MetadataToken == 0)
        {
            yield break;
        }

        var reader = assembly.GetModules()[0].GetMetadataReader();
        var visible = new HashSet<int>(type.GetMembers().Select(member => member.MetadataToken));
        var handle = (TypeDefinitionHandle)MetadataTokens.EntityHandle(type.MetadataToken);
        foreach (var methodHandle in reader.GetTypeDefinition(handle).GetMethods())
        {
            if (visible.Contains(MetadataTokens.GetToken(methodHandle)))
            {
                continue;
            }

            var method = reader.GetMethodDefinition(methodHandle);
            if ((method.Attributes & MethodAttributes.MemberAccessMask) is MethodAttributes.Private or MethodAttributes.Assembly or MethodAttributes.FamANDAssem
                && method.GetCustomAttributes().Select(attribute => NameOf(attribute, reader)).FirstOrDefault(name => name is not null) is { } found)
            {
                yield return (reader.GetString(method.Name), found);
            }
        }
    }

    // The name of a framework attribute without its suffix.
    private static string? NameOf(CustomAttributeHandle handle, MetadataReader reader)
    {
        var constructor = reader.GetCustomAttribute(handle).Constructor;
        if (constructor.Kind != HandleKind.MemberReference
            || reader.GetMemberReference((MemberReferenceHandle)constructor).Parent is not { Kind: HandleKind.TypeReference } parent)
        {
            return null;
        }

        var type = reader.GetTypeReference((TypeReferenceHandle)parent);
        var name = reader.GetString(type.Name);
        return reader.StringComparer.Equals(type.Namespace, Attributes.Namespace) && Attributes.OfMethods.Contains(name)
            ? name.Substring(0, name.Length - "Attribute".Length)
            : null;
    }
}
