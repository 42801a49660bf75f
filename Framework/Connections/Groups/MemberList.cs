namespace UpgradeProtocols;

/// <summary>
/// Who is in a group. It is walked without a lock and without a copy while others join and leave: members stand in the
/// slots of a page in the order of their joining, one that leaves leaves a hole, and a page that is full is replaced
/// by another without holes. A walk keeps to the page it began with.
/// </summary>
/// <param name="name">The group's name.</param>
internal sealed class MemberList(string name)
{
    private const int SmallestPage = 4;

    private readonly Lock _gate = new();
    private volatile Page _page = new(SmallestPage);
    private long _walks;
    private int _count;
    private bool _isDead;

    public string Name { get; } = name;

    public int Count => Volatile.Read(ref _count);

    /// <summary>What makes other nodes' messages to the group come here; it begins with the first member.</summary>
    public BackplaneChannel? Channel { get; private set; }

    /// <summary>Adds a member, unless the list has run empty and is given up.</summary>
    /// <param name="member">The member.</param>
    /// <param name="channel">Opens the group's channel; called for the first member.</param>
    public bool TryAdd(Membership member, Func<string, BackplaneChannel?>? channel = null)
    {
        lock (_gate)
        {
            if (_isDead)
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

            // In this order: a walk that begins from here on sees the member, one that has begun doesn't count it in.
            member.List = this;
            member.JoinedAt = Volatile.Read(ref _walks);
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

    /// <summary>Gives the list up if nobody is in it; tells whether this call has.</summary>
    public bool TryBury()
    {
        lock (_gate)
        {
            return !_isDead && (_isDead = _count == 0);
        }
    }

    /// <summary>Begins a walk through those who are members now.</summary>
    public Walk Members()
    {
        var number = Interlocked.Increment(ref _walks);
        var page = _page;
        return new Walk(page.Slots.AsSpan(0, Volatile.Read(ref page.End)), number);
    }

    /// <summary>The connections as of now, for who isn't in a hurry.</summary>
    public UpgradeConnection[] ToArray()
    {
        var connections = new List<UpgradeConnection>(Count);
        foreach (var member in Members())
        {
            connections.Add(member.Connection);
        }

        return [.. connections];
    }

    // As much room again as there are members: rebuilding costs each joining or leaving a constant part.
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

    /// <summary>A walk through the members, for <see langword="foreach"/>.</summary>
    public ref struct Walk(ReadOnlySpan<Membership?> slots, long number)
    {
        private readonly ReadOnlySpan<Membership?> _slots = slots;
        private int _next;

        public Membership Current { get; private set; } = null!;

        public readonly Walk GetEnumerator() => this;

        public bool MoveNext()
        {
            while (_next < _slots.Length)
            {
                // Who left and came back while the walk was under way stands in it twice, and the second time is after its beginning.
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
