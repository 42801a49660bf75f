using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <summary>
/// Limits a search through the types of members. <c>record T&lt;A&gt;(T&lt;List&lt;A&gt;&gt;? Next)</c> reaches ever larger constructions
/// of itself. <c>record T&lt;A&gt;(T&lt;A[]&gt;? Left, T&lt;List&lt;A&gt;&gt;? Right)</c> doubles their number with each step.
/// </summary>
internal sealed class TypeSearch
{
    private const int MaxDepth = 16;
    private const int MaxNodes = 256;
    private const int MaxConstructed = 100;

    // The number of constructions of each generic type that the search has reached.
    private readonly Dictionary<ISymbol, int> _constructed = new(SymbolEqualityComparer.Default);

    /// <summary>Whether a type is nested too deeply to be written by hand. Only a type that contains itself becomes so large.</summary>
    public static bool IsTooLarge(ITypeSymbol type)
    {
        var nodes = 0;
        return IsTooLarge(type, depth: 0, ref nodes);
    }

    /// <summary>Whether the search continues at a type that it reaches for the first time.</summary>
    public bool Enters(ITypeSymbol type)
    {
        if (IsTooLarge(type))
        {
            return false;
        }

        // Framework types are not counted: the number of lists, for example, depends only on the number of item types.
        if (type is not INamedTypeSymbol named || !named.IsGeneric() || type.IsOfFramework())
        {
            return true;
        }

        _constructed.TryGetValue(named.OriginalDefinition, out var count);
        _constructed[named.OriginalDefinition] = count + 1;
        return count < MaxConstructed;
    }

    private static bool IsTooLarge(ITypeSymbol type, int depth, ref int nodes)
    {
        if (depth > MaxDepth || ++nodes > MaxNodes)
        {
            return true;
        }

        if (type is IArrayTypeSymbol array)
        {
            return IsTooLarge(array.ElementType, depth + 1, ref nodes);
        }

        for (var level = type as INamedTypeSymbol; level is not null; level = level.ContainingType)
        {
            foreach (var argument in level.TypeArguments)
            {
                if (IsTooLarge(argument, depth + 1, ref nodes))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
