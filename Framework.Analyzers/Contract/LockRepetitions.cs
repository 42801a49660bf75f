using UpgradeProtocols.Declarations;

namespace UpgradeProtocols.Analyzers;

/// <summary>Finds the entries that the lock file contains twice, and keeps only the first of each.</summary>
internal sealed class LockRepetitions
{
    private readonly List<(string What, int Position)> _found = [];

    /// <summary>The repeated entries, with the position of each repetition.</summary>
    public IReadOnlyList<(string What, int Position)> Found => _found;

    /// <summary>Returns the first of each group of equal items, and records the others.</summary>
    /// <param name="items">The items with their positions.</param>
    /// <param name="key">Returns the key by which items are equal.</param>
    /// <param name="describe">Returns the name of an item for the diagnostic.</param>
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
