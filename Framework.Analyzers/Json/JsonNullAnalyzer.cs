using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Analyzers;

/// <summary>
/// Reports a protocol's JSON context that sets non-nullable members to null: UPG208, at the context, or at <c>JsonContext</c> if the
/// context comes from another assembly.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class JsonNullAnalyzer : JsonContextAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [JsonRules.NullForOther];

    private protected override void Check(SymbolAnalysisContext context, INamedTypeSymbol json, Location location)
    {
        // A derived or hand-written context creates its own options.
        if (!json.Has(Serialization, "JsonSerializableAttribute")
            || json.Attribute(Serialization, "JsonSourceGenerationOptionsAttribute") is { } options && options.HasErrors())
        {
            return;
        }

        var nullability = JsonNullability.Of(json);
        if (Missing(nullability) is { } missing && FirstAtRisk(json, nullability) is { } member)
        {
            context.ReportDiagnostic(Diagnostic.Create(JsonRules.NullForOther, location, json.Name, member, missing));
        }
    }

    private static string? Missing(JsonNullability nullability) => nullability switch
    {
        (true, true) => null,
        (false, true) => "RespectNullableAnnotations = true",
        (true, false) => "RespectRequiredConstructorParameters = true",
        _ => "RespectNullableAnnotations and RespectRequiredConstructorParameters to true",
    };

    // The first non-nullable constructor parameter or settable member.
    private static string? FirstAtRisk(INamedTypeSymbol json, JsonNullability nullability) => JsonContexts.TypesOf(json)
        .OfType<INamedTypeSymbol>()
        .Where(type => type.TypeKind is TypeKind.Class or TypeKind.Struct && !type.IsOfFramework() && !JsonMembers.IsConverted(type))
        .SelectMany(type => MembersAtRisk(type, nullability).Select(member => $"{type.Name}.{member}"))
        .OrderBy(name => name, StringComparer.Ordinal)
        .FirstOrDefault();

    private static IEnumerable<string> MembersAtRisk(INamedTypeSymbol type, JsonNullability nullability)
    {
        foreach (var parameter in JsonMembers.ParametersOf(type).Where(parameter => IsNeverNull(parameter.Type)))
        {
            if (!nullability.RefusesNull || !parameter.HasExplicitDefaultValue)
            {
                yield return char.ToUpperInvariant(parameter.Name[0]) + parameter.Name.Substring(1);
            }
        }

        var settable = type.GetMembers().OfType<IPropertySymbol>()
            .Where(property => property is { IsStatic: false, IsIndexer: false, DeclaredAccessibility: Accessibility.Public, SetMethod: { } }
                && IsNeverNull(property.Type) && !JsonMembers.IsIgnored(property) && !JsonMembers.IsConverted(property));
        foreach (var property in settable.Where(_ => !nullability.RefusesNull))
        {
            yield return property.Name;
        }
    }

    private static bool IsNeverNull(ITypeSymbol type) => type is { IsReferenceType: true, NullableAnnotation: NullableAnnotation.NotAnnotated };
}
