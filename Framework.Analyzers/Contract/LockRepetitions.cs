using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Analyzers;

/// <summary>What stands in the lock file twice, and the file with the first of each alone.</summary>
internal sealed class LockRepetitions
{
    private readonly List<(string What, int Position)> _found = [];

    /// <summary>What stands there twice, and where the second is.</summary>
    public IReadOnlyList<(string What, int Position)> Found => _found;

    /// <summary>Takes the first of each.</summary>
    /// <param name="items">The items with the places where they stand.</param>
    /// <param name="key">What makes two of them the same.</param>
    /// <param name="describe">Names an item for people.</param>
    public EquatableArray<T> First<T>(IEnumerable<(T Item, int Position)> items, Func<T, object> key, Func<T, string> describe)
        where T : IEquatable<T>
    {
        var seen = new HashSet<object>();
        var first = new List<T>();
        foreach (var (item, position) in items)
        {
            if (seen.Add(key(item)))
            {
                first.Add(item);
            }
            else
            {
                _found.Add((describe(item), position));
            }
        }

        return first.ToEquatableArray();
    }
}
