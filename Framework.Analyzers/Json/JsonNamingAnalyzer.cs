using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Analyzers;

/// <summary>
/// Reports a JSON context of a WebSocket protocol that uses the C# names of members: UPG204, at the context, or at <c>JsonContext</c> if
/// the context comes from another assembly.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class JsonNamingAnalyzer : JsonContextAnalyzer
{
    private const int WebDefaults = 1;

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [JsonRules.Naming];

    // A browser speaks WebSockets alone.
    private protected override bool Concerns(bool isRaw) => !isRaw;

    private protected override void Check(SymbolAnalysisContext context, INamedTypeSymbol json, Location location)
    {
        if (SaysHowToName(json) || FirstMember(json) is not { } member)
        {
            return;
        }

        context.ReportDiagnostic(Diagnostic.Create(
            JsonRules.Naming, location, json.Name, char.ToLowerInvariant(member[0]) + member.Substring(1), member));
    }

    private static bool SaysHowToName(INamedTypeSymbol json)
    {
        // A derived or hand-written context creates its own options.
        if (!json.Has(Serialization, "JsonSerializableAttribute"))
        {
            return true;
        }

        return json.Attribute(Serialization, "JsonSourceGenerationOptionsAttribute") is { } options
            && (options.HasErrors()
                || options.ConstructorArguments is [{ Value: WebDefaults }]
                || options.Value<int>("PropertyNamingPolicy") is not (null or 0)
                || options.Value<bool>("PropertyNameCaseInsensitive") == true);
    }

    // The first property whose name differs in web naming.
    private static string? FirstMember(INamedTypeSymbol json) =>
        JsonContexts.TypesOf(json)
            .OfType<INamedTypeSymbol>()
            .Where(type => type.TypeKind is TypeKind.Class or TypeKind.Struct or TypeKind.Interface && !type.IsOfFramework())
            .SelectMany(type => type.GetMembers().OfType<IPropertySymbol>())
            .Where(property => property is { IsStatic: false, IsIndexer: false, DeclaredAccessibility: Accessibility.Public }
                && char.IsUpper(property.Name[0])
                && !property.Has(Serialization, "JsonPropertyNameAttribute")
                && !property.Has(Serialization, "JsonIgnoreAttribute"))
            .Select(property => property.Name)
            .OrderBy(name => name, StringComparer.Ordinal)
            .FirstOrDefault();
}
