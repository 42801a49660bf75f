using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <summary>The members of a payload that flat JSON would write twice: the payload's stand beside those of the envelope.</summary>
internal static class FlatMembers
{
    private const string Serialization = "System.Text.Json.Serialization";

    /// <summary>Reports them, for a payload that is sent.</summary>
    public static void Check(ProblemSink problems, ITypeSymbol payload, string discriminator, INamedTypeSymbol? context, Func<Location> location)
    {
        if (payload is not INamedTypeSymbol type || type.AllInterfaces.Any(level => level.Is("System.Collections", "IEnumerable")))
        {
            return;
        }

        var isCamel = context is null || IsCamel(context);
        var names = type.SelfAndBases().SelectMany(level => level.GetMembers())
            .Where(member => member is IPropertySymbol { IsIndexer: false, IsStatic: false, DeclaredAccessibility: Accessibility.Public }
                && member.Attribute(Serialization, "JsonIgnoreAttribute") is null)
            .Select(member => NameOf(member, isCamel));
        foreach (var name in names.Where(name => name == discriminator || name == "id").Distinct())
        {
            problems.Report(Rules.TakenMember, location, payload.Display(), name);
        }
    }

    private static string NameOf(ISymbol member, bool isCamel) =>
        member.Attribute(Serialization, "JsonPropertyNameAttribute") is { ConstructorArguments: [{ Value: string name }] } ? name
        : isCamel ? char.ToLowerInvariant(member.Name[0]) + member.Name.Substring(1)
        : member.Name;

    // JsonSerializerDefaults.Web and JsonKnownNamingPolicy.CamelCase are both 1.
    private static bool IsCamel(INamedTypeSymbol context) =>
        context.Attribute(Serialization, "JsonSourceGenerationOptionsAttribute") is { } options
        && (options.Named("PropertyNamingPolicy") is { } policy ? policy.Value is 1 : options.ConstructorArguments is [{ Value: 1 }]);
}
