namespace UpgradeProtocols;

/// <summary>
/// The members of a group. The list is enumerated without a lock and without a copy while members join and leave. Members stand in the
/// slots of a page in the order of joining. A leaving member leaves an empty slot. A full page is replaced
/// by another without empty slots. An enumeration stays on the page with which it began.
/// </summary>
/// <param name="name">The group's name.</param>
internal sealed class MemberList(string name)
{
    private const int SmallestPage = 4;

    private readonly Lock _gate = new();
    private volatile Page _page = new(SmallestPage);
    private long _enumerations;
    private int _count;
    private bool _isRetired;

    public string Name { get; } = name;

    public int Count => Volatile.Read(ref _count);

    /// <summary>The channel that brings other nodes' messages to the group; it opens with the first member.</summary>
    public BackplaneChannel? Channel { get; private set; }

    /// <summary>Adds a member, unless the list has become empty and is retired.</summary>
    /// <param name="member">The member.</param>
    /// <param name="channel">Opens the group's channel; called for the first member.</param>
    public bool TryAdd(Membership member, Func<string, BackplaneChannel?>? channel = null)
    {
        lock (_gate)
        {
            if (_isRetired)
            {
                return false;
            }

            if (_count == 0)
            {
                Channel ??= channel?.Invoke(Name);
            }

            if (_page.End == _page.Slots.Length)
            {
                Rebuild();
            }

            // In this order: an enumeration that begins from here on sees the member; one that has begun already skips it.
            member.List = this;
            member.JoinedAt = Volatile.Read(ref _enumerations);
            member.Slot = _page.End;
            _page.Slots[member.Slot] = member;
            Volatile.Write(ref _page.End, member.Slot + 1);
            Volatile.Write(ref _count, _count + 1);
            return true;
        }
    }

    public void Remove(Membership member)
    {
        lock (_gate)
        {
            if (!ReferenceEquals(_page.Slots[member.Slot], member))
            {
                return;
            }

            Volatile.Write(ref _page.Slots[member.Slot], null);
            Volatile.Write(ref _count, _count - 1);
            if (_page.End > SmallestPage * 4 && _count < _page.End / 4)
            {
                Rebuild();
            }
        }
    }

    /// <summary>Retires the list if it is empty; returns whether this call has done so.</summary>
    public bool TryRetire()
    {
        lock (_gate)
        {
            return !_isRetired && (_isRetired = _count == 0);
        }
    }

    /// <summary>Begins an enumeration of the current members.</summary>
    public Enumerator Members()
    {
        var number = Interlocked.Increment(ref _enumerations);
        var page = _page;
        return new Enumerator(page.Slots.AsSpan(0, Volatile.Read(ref page.End)), number);
    }

    /// <summary>Copies the current connections, for callers that aren't performance-critical.</summary>
    public UpgradeConnection[] ToArray()
    {
        var connections = new List<UpgradeConnection>(Count);
        foreach (var member in Members())
        {
            connections.Add(member.Connection);
        }

        return [.. connections];
    }

    // The new page has twice as many slots as members: so the rebuilding costs each join or leave a constant amount.
    private void Rebuild()
    {
        var page = new Page(Math.Max(SmallestPage, _count * 2));
        foreach (var member in _page.Slots.AsSpan(0, _page.End))
        {
            if (member is not null)
            {
                member.Slot = page.End;
                page.Slots[page.End++] = member;
            }
        }

        _page = page;
    }

    private sealed class Page(int size)
    {
        public readonly Membership?[] Slots = new Membership?[size];
        public int End;
    }

    /// <summary>An enumeration of the members, for <see langword="foreach"/>.</summary>
    public ref struct Enumerator(ReadOnlySpan<Membership?> slots, long number)
    {
        private readonly ReadOnlySpan<Membership?> _slots = slots;
        private int _next;

        public Membership Current { get; private set; } = null!;

        public readonly Enumerator GetEnumerator() => this;

        public bool MoveNext()
        {
            while (_next < _slots.Length)
            {
                // A member that left and rejoined during the enumeration appears twice; the second entry is later than the enumeration's
                // beginning.
                if (Volatile.Read(in _slots[_next++]) is { HasLeft: false } member && member.JoinedAt < number)
                {
                    Current = member;
                    return true;
                }
            }

            return false;
        }
    }
}
