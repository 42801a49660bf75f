using System.Collections.Immutable;
using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <summary>
/// Converts a record key to a tuple of the members that the record compares. Other nodes identify a key by its text, and the text that
/// the compiler generates for a record is not unique. A record with custom equality or with unreadable members is used unchanged.
/// </summary>
/// <param name="canName">Whether generated code can read a member.</param>
internal sealed class KeySpread(Func<ISymbol, bool> canName)
{
    private const string Tuple = "global::System.ValueTuple";
    private const string Object = "global::System.Object?";
    private const int MaxParts = 7;
    private const int MaxDepth = 4;

    private int _names;

    /// <summary>The tuple's type and the expression that creates it, or null if the type contains no record.</summary>
    public (string Type, string Value)? Of(ITypeSymbol type, string value) => Of(type, value, 0);

    private (string Type, string Value)? Of(ITypeSymbol type, string value, int depth)
    {
        if (depth == MaxDepth)
        {
            return null;
        }

        if (type.IsNullableValue(out var inner))
        {
            return OfNullable(value, name => Of(inner, name, depth));
        }

        return type switch
        {
            INamedTypeSymbol { IsTupleType: true, TupleElements: { Length: <= MaxParts } elements } => OfTuple(elements, value, depth),
            INamedTypeSymbol { IsRecord: true, IsValueType: true } record => OfRecord(record, value, depth),
            INamedTypeSymbol { IsRecord: true } record => OfNullable(value, name => OfRecord(record, name, depth)),
            _ => null,
        };
    }

    private (string, string)? OfNullable(string value, Func<string, (string Type, string Value)?> of)
    {
        var name = $"key{_names++}";
        return of(name) is { } made
            ? ($"{made.Type}?", $"({value} is {{ }} {name} ? {made.Value} : default({made.Type}?))")
            : null;
    }

    private (string, string)? OfTuple(ImmutableArray<IFieldSymbol> elements, string value, int depth)
    {
        var parts = elements.Select((element, i) => (element.Type, Value: $"{value}.Item{i + 1}")).ToList();
        return parts.Any(part => Of(part.Type, part.Value, depth + 1) is not null) ? Join(parts, [], depth) : null;
    }

    private (string, string)? OfRecord(INamedTypeSymbol record, string value, int depth)
    {
        var members = MembersOf(record);
        if (members is null || members.Count + (record.IsSealed ? 0 : 1) > MaxParts)
        {
            return null;
        }

        foreach (var member in members)
        {
            NamedSymbols.Note(member);
        }

        // A derived record compares more members. Then the record itself is the last part of the tuple, and that part has no text.
        var rest = record.IsSealed || record.IsValueType ? []
            : new[] { (Object, $"({value}.GetType() == typeof({record.CodeForTypeOf()}) ? null : ({Object}){value})") };
        return Join([.. members.Select(member => (TypeOf(member), $"{value}.{Symbols.Escape(member.Name)}"))], rest, depth);
    }

    private (string, string) Join(List<(ITypeSymbol Type, string Value)> parts, (string Type, string Value)[] rest, int depth)
    {
        var made = parts.Select(part => Of(part.Type, part.Value, depth + 1) ?? (part.Type.Code(), part.Value)).Concat(rest).ToList();
        var type = $"{Tuple}<{string.Join(", ", made.Select(static part => part.Item1))}>";
        return (type, $"new {type}({string.Join(", ", made.Select(static part => part.Item2))})");
    }

    // Null if the record has custom equality, or compares members that are not visible, such as private fields in another assembly.
    private List<ISymbol>? MembersOf(INamedTypeSymbol record)
    {
        var members = new List<ISymbol>();
        foreach (var level in record.SelfAndBases().Where(static level => level.IsRecord))
        {
            if (level.DeclaringSyntaxReferences.IsEmpty || level.GetMembers("Equals").Any(static equals => !equals.IsImplicitlyDeclared))
            {
                return null;
            }

            foreach (var field in level.GetMembers().OfType<IFieldSymbol>().Where(static field => !field.IsStatic))
            {
                var member = field.AssociatedSymbol ?? field;
                if (member is IPropertySymbol { GetMethod: null } || !canName(member))
                {
                    return null;
                }

                members.Add(member);
            }
        }

        return members.Count == 0 ? null : members;
    }

    private static ITypeSymbol TypeOf(ISymbol member) => member is IPropertySymbol property ? property.Type : ((IFieldSymbol)member).Type;
}
