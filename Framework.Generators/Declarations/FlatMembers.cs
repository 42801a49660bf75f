using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <summary>Finds payload members that have the name of an envelope member. Flat JSON writes both into one object.</summary>
internal static class FlatMembers
{
    /// <summary>Reports the members of a payload that the server sends.</summary>
    public static void Check(ProblemSink problems, ITypeSymbol payload, string discriminator, INamedTypeSymbol? context, Func<Location> location)
    {
        if (payload is not INamedTypeSymbol type || type.AllInterfaces.Any(level => level.Is("System.Collections", "IEnumerable")))
        {
            return;
        }

        var naming = JsonMembers.NamingOf(context);
        var names = type.SelfAndBases().SelectMany(level => level.GetMembers())
            .Where(member => member is IPropertySymbol { IsIndexer: false, IsStatic: false, DeclaredAccessibility: Accessibility.Public }
                && !JsonMembers.IsNeverWritten(member))
            .Select(member => JsonMembers.NameOf(member, naming));
        foreach (var name in names.Where(name => name == discriminator || name == "id").Distinct())
        {
            problems.Report(Rules.TakenMember, location, payload.Display(), name);
        }
    }
}
