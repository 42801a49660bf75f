using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Analyzers;

/// <summary>
/// Reports a JSON context of a protocol by which what can't be null becomes null: UPG208, at the context, or at <c>JsonContext</c> where
/// the context comes from another assembly.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class JsonNullAnalyzer : FrameworkAnalyzer
{
    private const string Serialization = "System.Text.Json.Serialization";

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [JsonRules.NullForOther];

    private protected override void Start(CompilationStartAnalysisContext context, FrameworkTypes types) =>
        context.RegisterSymbolAction(symbol => Analyze(symbol, types), SymbolKind.NamedType);

    private static void Analyze(SymbolAnalysisContext context, FrameworkTypes types)
    {
        var type = (INamedTypeSymbol)context.Symbol;
        if (type.TypeKind != TypeKind.Class)
        {
            return;
        }

        if (type.BaseType is { Name: not "Object" } && type.SelfAndBases().Any(level => level.Is(Serialization, "JsonSerializerContext")))
        {
            var index = DeclarationIndex.For(context.Compilation, types, context.CancellationToken);
            if (index.Own.Any(protocol => SymbolEqualityComparer.Default.Equals(protocol.JsonContext, type)))
            {
                Check(context, type, type.FirstLocation());
            }

            return;
        }

        foreach (var attribute in type.GetAttributes())
        {
            if (types.IsUpgradeProtocol(attribute)
                && attribute.Type("JsonContext") is INamedTypeSymbol { TypeKind: TypeKind.Class } json
                && !SymbolEqualityComparer.Default.Equals(json.ContainingAssembly, context.Compilation.Assembly))
            {
                Check(context, json, attribute.FindLocation("JsonContext", type));
            }
        }
    }

    private static void Check(SymbolAnalysisContext context, INamedTypeSymbol json, Location location)
    {
        // What derives from it, or is written by hand, makes its own options.
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

    // What says that it is never null: a parameter of the constructor, or a member that is set.
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
