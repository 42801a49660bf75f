using Microsoft.CodeAnalysis;

namespace UpgradeProtocols.Declarations;

/// <summary>
/// Where the search through the types of members ends. <c>record T&lt;A&gt;(T&lt;List&lt;A&gt;&gt;? Next)</c> reaches ever larger types of its own.
/// </summary>
internal static class TypeSize
{
    /// <summary>How many types are reached from one.</summary>
    public const int MaxReached = 5_000;

    private const int MaxDepth = 16;
    private const int MaxNodes = 256;

    /// <summary>Whether a type is larger than anybody writes, which only one that contains itself becomes.</summary>
    public static bool IsEndless(ITypeSymbol type)
    {
        var nodes = 0;
        return IsEndless(type, depth: 0, ref nodes);
    }

    private static bool IsEndless(ITypeSymbol type, int depth, ref int nodes)
    {
        if (depth > MaxDepth || ++nodes > MaxNodes)
        {
            return true;
        }

        if (type is IArrayTypeSymbol array)
        {
            return IsEndless(array.ElementType, depth + 1, ref nodes);
        }

        for (var level = type as INamedTypeSymbol; level is not null; level = level.ContainingType)
        {
            foreach (var argument in level.TypeArguments)
            {
                if (IsEndless(argument, depth + 1, ref nodes))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
