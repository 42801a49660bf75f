using System.Collections.Concurrent;

namespace UpgradeProtocols;

/// <summary>Which connections are in which group. Each group has a lock of its own; there is none for all.</summary>
internal sealed class GroupRegistry
{
    private readonly ConcurrentDictionary<string, Group> _groups = new(StringComparer.Ordinal);

    public void Add(string name, UpgradeConnection connection)
    {
        // A group that has become empty is dead: who finds one makes another.
        while (!_groups.GetOrAdd(name, static _ => new Group()).TryAdd(connection))
        {
        }
    }

    public void Remove(string name, UpgradeConnection connection)
    {
        if (_groups.TryGetValue(name, out var group) && group.RemoveAndTestEmpty(connection))
        {
            _groups.TryRemove(KeyValuePair.Create(name, group));
        }
    }

    /// <summary>The members as of now, to be walked without a lock.</summary>
    public ReadOnlySpan<UpgradeConnection> Members(string name) => _groups.TryGetValue(name, out var group) ? group.Snapshot() : [];

    private sealed class Group
    {
        private readonly Lock _gate = new();
        private readonly Dictionary<UpgradeConnection, int> _positions = [];
        private UpgradeConnection[] _members = new UpgradeConnection[4];
        private UpgradeConnection[]? _snapshot;
        private int _count;
        private bool _isDead;

        public bool TryAdd(UpgradeConnection connection)
        {
            lock (_gate)
            {
                if (_isDead)
                {
                    return false;
                }

                if (_positions.TryAdd(connection, _count))
                {
                    if (_count == _members.Length)
                    {
                        Array.Resize(ref _members, _count * 2);
                    }

                    _members[_count++] = connection;
                    _snapshot = null;
                }

                return true;
            }
        }

        public bool RemoveAndTestEmpty(UpgradeConnection connection)
        {
            lock (_gate)
            {
                if (_positions.Remove(connection, out var position))
                {
                    var last = _members[--_count];
                    _members[_count] = null!;
                    if (position < _count)
                    {
                        _members[position] = last;
                        _positions[last] = position;
                    }

                    _snapshot = null;
                }

                return _isDead = _count == 0;
            }
        }

        public ReadOnlySpan<UpgradeConnection> Snapshot()
        {
            lock (_gate)
            {
                return _snapshot ??= _members.AsSpan(0, _count).ToArray();
            }
        }
    }
}
